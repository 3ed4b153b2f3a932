import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '@egolab/foundation';
import { clipResize, decodeClips, decodeFrames, probe, readPng, readVideo, writePng, writeVideo } from './index.ts';
import { runFfmpeg } from './ffmpeg.ts';
import { numberedSize, readNumbers, writeNumberedVideo } from './numbered-video.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-decode-'));
const long = join(folder, 'long.mp4');
const { height, width } = numberedSize;
const sampler = 'videollama2-v1';

afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => writeNumberedVideo(long, 1500, 25));

describe('probe', () => {
  it('reads size, rate and length exactly', async () => {
    const { timestamps, ...info } = await probe(long);
    expect(info).toEqual({ width, height, fps: 25, numFrames: 1500, duration: 60 });
    expect([...timestamps!.slice(0, 3)]).toEqual([0, 0.04, 0.08]);
  });

  it('takes an image for a video of one frame', async () => {
    const path = join(folder, 'image.png');
    const image = { data: new Uint8Array(4 * 6 * 3).fill(90), height: 4, width: 6, channels: 3 } as const;
    writePng(path, image);
    expect((await probe(path)).numFrames).toBe(1);
    const clip = await decodeFrames(path, { numFrames: 3, sampler });
    expect(clip.indices).toEqual([0, 0, 0]);
    expect(clip.data).toEqual(new Uint8Array(3 * 72).fill(90));
    expect(readPng(path)).toEqual(image);
  });
});

describe('decoding is exact to the frame', () => {
  it('for the whole video', async () => {
    const video = await readVideo(long);
    expect(readNumbers(video.data, height, width)).toEqual(Array.from({ length: 1500 }, (_, i) => i));
  });

  it('for many windows in one pass, overlapping, out of order and reached by seeking', async () => {
    const windows = [
      { start: 58, end: 59.5 },
      { start: 0, end: 0.3 },
      { start: 30.2, end: 31 },
      { start: 30.5, end: 33 },
      {},
    ];
    const clips = await decodeClips(long, windows, { numFrames: 16, sampler });
    for (const clip of clips) expect(readNumbers(clip.data, height, width)).toEqual(clip.indices);
    expect(clips[0].indices[0]).toBe(1450);
    expect(clips[4].indices).toHaveLength(16);
  });

  it('when more separate frames are asked for than one filter can hold', async () => {
    const windows = Array.from({ length: 150 }, (_, i) => ({ start: i * 0.35 + 0.1, end: i * 0.35 + 0.3 }));
    const clips = await decodeClips(long, windows, { numFrames: 2, sampler });
    for (const clip of clips) expect(readNumbers(clip.data, height, width)).toEqual(clip.indices);
  });

  it('in a part of another file, such as a member of a tar archive', async () => {
    const archive = join(folder, 'archive.bin');
    const video = readFileSync(long);
    writeFileSync(archive, Buffer.concat([Buffer.alloc(1000, 7), video, Buffer.alloc(500, 9)]));
    const member = { archive, name: 'long.mp4', offset: 1000, size: video.length };
    const clip = await decodeFrames(member, { start: 40, end: 42, numFrames: 8, sampler });
    expect(readNumbers(clip.data, height, width)).toEqual(clip.indices);
  });
});

describe('what containers hide', () => {
  it('frames that an edit list cuts off do not count', async () => {
    const path = join(folder, 'trimmed.mp4');
    await runFfmpeg(['-ss', '3.03', '-i', long, '-c', 'copy', '-y', path]);
    const { numFrames } = await probe(path);
    const shown = readNumbers((await readVideo(path)).data, height, width);
    expect(shown).toHaveLength(numFrames);
    expect([shown[0], shown.at(-1)]).toEqual([76, 1499]);
    const clip = await decodeFrames(path, { start: 40, end: 41, numFrames: 8, sampler });
    expect(readNumbers(clip.data, height, width)).toEqual(clip.indices.map((index) => index + 76));
  });

  it('a stored rotation is applied', async () => {
    const path = join(folder, 'rotated.mp4');
    await runFfmpeg(['-display_rotation', '90', '-i', long, '-c', 'copy', '-t', '1', '-y', path]);
    const clip = await decodeFrames(path, { numFrames: 2, sampler });
    expect([clip.height, clip.width]).toEqual([width, height]);
  });
});

describe('frame size', () => {
  const path = join(folder, 'gradient.mp4');
  const [h, w] = [48, 80];
  const frame = Uint8Array.from({ length: h * w * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % w, Math.floor(i / 3 / w)];
    return [x * 3, y * 5, 128 + 100 * Math.sin(x / 7 + y / 9)][i % 3];
  });
  beforeAll(() =>
    writeVideo(path, { data: frame, numFrames: 1, height: h, width: w }, { fps: 8, crf: 0, pixelFormat: 'yuv444p' }),
  );

  it.each(['pad', 'crop'] as const)('%s is close to the exact image path', async (aspect) => {
    const native = await decodeFrames(path, { numFrames: 1, sampler });
    const small = await decodeFrames(path, { numFrames: 1, sampler, size: 28, aspect });
    const expected = clipResize({ data: native.data, height: h, width: w }, { shortestEdge: 28 }, aspect);
    const differences = expected.data.map((value, i) => Math.abs(value - small.data[i]));
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
  });
});

describe('bad input is told in one message', () => {
  const decode = (path: string, window = {}) => decodeFrames(path, { ...window, numFrames: 4, sampler });

  it('a missing file', async () => {
    await expect(decode(join(folder, 'missing.mp4'))).rejects.toThrow(/missing\.mp4: there is no such file/);
  });

  it('a video cut anywhere', async () => {
    const whole = readFileSync(long);
    for (const share of [0.1, 0.5, 0.9]) {
      const cut = join(folder, `cut${share}.mp4`);
      writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(decode(cut)).rejects.toThrow(UserError);
      await expect(decode(cut)).rejects.toThrow(
        /cut.*mp4: the video is cut, damaged .*\n.*copy or download the file again/,
      );
    }
  });

  it('a file that is no video, and a name that is a protocol', async () => {
    const text = join(folder, 'text.mp4');
    writeFileSync(text, 'not a video');
    await expect(decode(text)).rejects.toThrow(/text\.mp4: the video is cut, damaged or in a format/);
    await expect(decode('concat:a.mp4')).rejects.toThrow(/there is no such file/);
  });

  it('a window after the end', async () => {
    await expect(decode(long, { start: 61, end: 62 })).rejects.toThrow(
      /starts at 61.000 s, but the video ends at 60.000 s/,
    );
  });
});

const real = new URL('../../../../shared/real/clips/ego_lavila_ego4d_2s.mp4', import.meta.url).pathname;

it.skipIf(!existsSync(real))('decodes a real clip (needs ../shared/real)', async () => {
  const info = await probe(real);
  expect([info.numFrames, info.fps, info.width, info.height]).toEqual([60, 30, 384, 288]);
  const clip = await decodeFrames(real, { numFrames: 16, sampler, size: 336, aspect: 'crop' });
  expect(clip.indices).toEqual([2, 5, 9, 13, 16, 20, 24, 28, 31, 35, 39, 42, 46, 50, 53, 57]);
});
