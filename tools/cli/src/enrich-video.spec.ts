import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@egolab/foundation';
import { probe, readPng, writeVideo } from '@egolab/video';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrichVideo } from './enrich-video.ts';

const folder = mkdtempSync(join(tmpdir(), 'enrich-'));
afterAll(() => rmSync(folder, { recursive: true }));
const video = join(folder, 'clip.mp4');
const caption = '#C C lifts the green block with his right hand.';

beforeAll(async () => {
  // a bare hand on the right lifts a green block
  const [numFrames, height, width] = [12, 96, 128];
  const data = new Uint8Array(numFrames * height * width * 3).fill(110);
  const paint = (t: number, colour: number[], x1: number, y1: number, x2: number, y2: number) => {
    for (let y = Math.max(0, y1); y < Math.min(height, y2); y++)
      for (let x = x1; x < x2; x++) data.set(colour, ((t * height + y) * width + x) * 3);
  };
  for (let t = 0; t < numFrames; t++) {
    paint(t, [215, 130, 105], 84, 68 - 3 * t, 104, 92 - 3 * t);
    paint(t, [30, 190, 50], 88, 52 - 3 * t, 100, 68 - 3 * t);
  }
  await writeVideo(video, { data, numFrames, height, width }, { fps: 12, crf: 4 });
});

describe('egolab enrich', () => {
  it('says what it saw, and draws it', async () => {
    const out = join(folder, 'out');
    const answer = await enrichVideo({ video, caption, frames: 4, out });
    expect(answer).toMatchObject({ detector: 'skin colour (no trained detector)', generator: 'grammar', reason: null });
    expect(answer.enriched).toMatch(
      /^C lifts the green block with his right hand, the right hand .* moves up, the block .* moves up$/,
    );
    expect(answer.hands).toMatchObject([{ side: 'right', contact: 'portable object', object: 0 }]);
    expect(answer.hands[0].boxes).toHaveLength(4);
    expect(await probe(answer.files.overlay)).toMatchObject({ numFrames: 4, height: 288, width: 384 });
    expect(readPng(answer.files.sheet).width).toBe(4 * 384);
    const masks = JSON.parse(readFileSync(answer.files.masks, 'utf8')) as object;
    expect(Object.keys(masks)).toEqual(['0', '1', '2', '3']);
    // its own detections serve as a file
    const again = await enrichVideo({
      video,
      caption,
      frames: 8,
      out: join(folder, 'again'),
      detections: answer.files.detections,
    });
    expect(again.frames).toEqual(answer.frames);
    expect(again.enriched).toBe(answer.enriched);
  });

  it('says why there is nothing to say', async () => {
    const detections = join(folder, 'none.json');
    const empty = Array.from({ length: 2 }, () => Array.from({ length: 4 }, () => Array(10).fill(0)));
    writeFileSync(detections, JSON.stringify(empty));
    const answer = await enrichVideo({ video, caption, frames: 4, out: join(folder, 'none'), detections });
    expect(answer).toMatchObject({
      enriched: null,
      reason: 'no hand in contact in any frame',
      hands: [],
      promptFrame: null,
    });
    expect(existsSync(answer.files.overlay)).toBe(true);
  });

  it.each([
    ['an empty caption', { caption: ' ' }, /--caption: the caption is empty/],
    ['a missing video', { video: join(folder, 'none.mp4') }, /none\.mp4/],
    ['two detectors', { detections: 'a.npy', detector: 'b' }, /got both/],
    ['a folder without detector', { detector: folder }, /detector\.json: there is no such file/],
  ])('refuses %s', async (_what, changes, message) => {
    const answer = enrichVideo({ video, caption, frames: 4, out: join(folder, 'bad'), ...changes });
    await expect(answer).rejects.toThrow(UserError);
    await expect(answer).rejects.toThrow(message);
  });

  const real = fileURLToPath(new URL('../../../../shared/real/clips/ego_lavila_ego4d_2s.mp4', import.meta.url));
  it.skipIf(!existsSync(real))(
    'finds the hand that stirs in a real clip (skipped without ../shared/real)',
    async () => {
      const answer = await enrichVideo({
        video: real,
        caption: 'C stirs the meat with a spatula',
        frames: 4,
        out: join(folder, 'real'),
      });
      expect(answer.hands.map(({ side }) => side)).toContain('right');
      expect(answer.enriched).toContain('the spatula');
    },
  );
});
