import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeRle } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ClipFrames, Issues } from '../clip.ts';
import type { FrameDetections, HandDetection } from '../detect/detections.ts';
import { components, type Mask, maskArea, maskBox, maskIou, resizeMask } from '../geometry.ts';
import { memoryTracker } from './memory-tracker.ts';
import { overlayDetections, overlayFrames } from './overlay.ts';
import { PixelQueue } from './pixel-queue.ts';
import { choosePromptFrame, promptsOf } from './prompts.ts';
import { readSam2Masks, sam2FileTracker, sam2Masks } from './sam2-file.ts';
import { trackInteractions } from './tracks.ts';

const folder = mkdtempSync(join(tmpdir(), 'track-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIDE = 48;
const NUM_FRAMES = 5;
interface Shape {
  readonly centre: (t: number) => readonly [number, number];
  readonly inside: (dx: number, dy: number) => boolean;
  readonly colour: readonly [number, number, number];
}
/** A hand that carries a thing up across a chequered table; the hand lies before the thing. */
const thing: Shape = {
  centre: (t) => [18 + 3 * t, 24 - 3 * t],
  inside: (dx, dy) => Math.abs(dx + dy) < 4 && Math.hypot(dx, dy) < 9,
  colour: [210, 210, 220],
};
const palm: Shape = {
  centre: (t) => [14 + 3 * t, 34 - 3 * t],
  inside: (dx, dy) => Math.hypot(dx, dy) < 6,
  colour: [40, 80, 230],
};

function scene(): { clip: ClipFrames; masks: Record<'thing' | 'palm', Mask[]> } {
  const data = new Uint8Array(NUM_FRAMES * SIDE * SIDE * 3);
  const masks = { thing: [] as Mask[], palm: [] as Mask[] };
  for (let t = 0; t < NUM_FRAMES; t++) {
    const labels = new Uint8Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const pixel = y * SIDE + x;
        const shown = [palm, thing].find(({ centre, inside }) => inside(x - centre(t)[0], y - centre(t)[1]));
        labels[pixel] = shown === palm ? 1 : shown === thing ? 2 : 0;
        const table = (Math.floor((x - t) / 6) + Math.floor(y / 6)) % 2 ? [150, 120, 90] : [120, 100, 80];
        const noise = (x * 7 + y * 13 + t * 5) % 5;
        data.set(
          (shown?.colour ?? table).map((value) => value + noise),
          (t * SIDE * SIDE + pixel) * 3,
        );
      }
    const of = (label: number): Mask => ({
      data: labels.map((value) => Number(value === label)),
      height: SIDE,
      width: SIDE,
    });
    masks.palm.push(of(1));
    masks.thing.push(of(2));
  }
  const indices = [10, 12, 14, 16, 18];
  return {
    clip: { data, numFrames: NUM_FRAMES, height: SIDE, width: SIDE, videoUid: 'a', narrationTime: 1.5, indices },
    masks,
  };
}

const { clip, masks } = scene();
const detections: FrameDetections[] = masks.palm.map((mask, t) => {
  const hand: HandDetection = {
    box: maskBox(mask)!,
    score: 0.9,
    side: 'left',
    contact: t < 2 ? 'none' : 'portable object',
    offset: { x: 4, y: -10 },
  };
  return { hands: [hand], objects: t < 2 ? [] : [{ box: maskBox(masks.thing[t])!, score: 0.8, label: 'spoon' }] };
});

describe('the frame that is prompted', () => {
  const [none, touching] = [detections[0], detections[2]];
  const itself: FrameDetections = { hands: [{ ...none.hands[0], contact: 'self' }], objects: [] };

  it('is the first with contact, as the paper, the code and its docstring see it', () => {
    const frames = [none, itself, touching, { ...touching, hands: [...touching.hands, ...none.hands] }];
    expect(choosePromptFrame(frames, 'first-object-contact')).toBe(2);
    expect(choosePromptFrame(frames, 'first-contact')).toBe(1);
    expect(choosePromptFrame(frames, 'most-boxes')).toBe(3);
    expect(choosePromptFrame([none], 'first-contact')).toBeUndefined();
    expect(choosePromptFrame([], 'most-boxes')).toBeUndefined();
  });

  it('prompts by boxes that exclude each other, or by points and boxes', () => {
    const spare = { box: { x1: 0, y1: 0, x2: 4, y2: 4 }, score: 1 };
    const frame = { ...touching, objects: [spare, ...touching.objects] };
    const byBoxes = promptsOf(frame, 'boxes');
    expect(byBoxes.objects).toHaveLength(1); // the spare one is touched by no hand
    expect(byBoxes.hands[0].object).toBe(0);
    expect(byBoxes.prompts.map(({ kind, negativeBoxes }) => [kind, negativeBoxes.length])).toEqual([
      ['object', 1],
      ['hand', 1],
    ]);
    const [object, hand] = promptsOf(frame, 'points-and-boxes').prompts;
    expect(object).toMatchObject({ box: touching.objects[0].box, points: [], negativeBoxes: [] });
    expect(hand.box).toBeNull();
    expect(hand.points.map(({ positive }) => positive)).toEqual([true, false]);
  });
});

describe('the memory tracker', () => {
  it.each(['boxes', 'points-and-boxes'] as const)(
    'follows hand and thing both ways from the prompted frame (%s)',
    async (prompts) => {
      const issues: Issues = new Map();
      const tracks = await trackInteractions(
        clip,
        detections,
        memoryTracker(),
        { promptFrame: 'first-object-contact', prompts },
        issues,
      );
      if ('skipped' in tracks) throw new Error(tracks.skipped);
      expect(tracks.promptFrame).toBe(2);
      expect(tracks.objects[0].label).toBe('spoon');
      expect(tracks.hands[0]).toMatchObject({ side: 'left', contact: 'portable object', object: 0 });
      expect(issues.size).toBe(0);
      for (let t = 0; t < NUM_FRAMES; t++) {
        expect(maskIou(tracks.hands[0].masks[t]!, masks.palm[t]), `hand in frame ${t}`).toBeGreaterThan(0.75);
        expect(maskIou(tracks.objects[0].masks[t]!, masks.thing[t]), `thing in frame ${t}`).toBeGreaterThan(0.6);
      }
      const drawn = overlayFrames(clip, tracks);
      expect(drawn.data).not.toEqual(clip.data);
      expect(overlayDetections(clip, detections).data).not.toEqual(drawn.data);
    },
  );

  it('says when there is nothing to follow', async () => {
    const settings = { promptFrame: 'first-contact', prompts: 'boxes' } as const;
    expect(await trackInteractions(clip, detections.slice(0, 2), memoryTracker(), settings, new Map())).toEqual({
      skipped: 'no hand in contact in any frame',
    });
    const nothing = {
      name: 'nothing',
      track: async () => [
        [null, null],
        [null, null],
      ],
    };
    const issues: Issues = new Map();
    expect(await trackInteractions(clip, detections.slice(2, 4), nothing, settings, issues)).toEqual({
      skipped: 'all tracks are empty',
    });
    expect([...issues]).toEqual([['an empty track', 2]]);
  });

  it('takes boxes smaller than a pixel and at the border', async () => {
    const box = { x1: 47.6, y1: 47.6, x2: 47.9, y2: 47.9 };
    const prompts = [{ kind: 'hand' as const, box, points: [], negativeBoxes: [] }];
    const [track] = (await memoryTracker({ maxSide: 16 }).track(
      { clip, frame: 0, prompts },
      new Map(),
    )) as (Mask | null)[][];
    expect(track).toHaveLength(NUM_FRAMES);
  });
});

describe('masks of SAM 2', () => {
  const prompts = promptsOf(detections[2], 'boxes').prompts;
  const written = sam2Masks([
    { kind: 'object', masks: masks.thing },
    { kind: 'hand', masks: masks.palm.map((mask, t) => (t === 4 ? null : mask)) },
  ]);

  it('come back from the authors’ JSON, by whatever ids and frame numbers', async () => {
    mkdirSync(join(folder, 'a'));
    const renumbered = Object.fromEntries(
      Object.entries(written).map(([t, ids]) => [clip.indices[Number(t)], { 7: ids[0], 3: ids[1] }]),
    );
    for (const [time, content] of [
      ['1.5000', written],
      ['2.5', renumbered],
    ] as const) {
      writeFileSync(join(folder, 'a', `${time}.json`), JSON.stringify(content));
      const request = { clip: { ...clip, narrationTime: Number(time) }, frame: 2, prompts };
      const [objects, hands] = (await sam2FileTracker(folder).track(request, new Map())) as (Mask | null)[][];
      expect(objects).toEqual(masks.thing);
      expect(hands).toEqual(masks.palm.map((mask, t) => (t === 4 ? null : mask)));
    }
    expect(
      await sam2FileTracker(folder).track({ clip: { ...clip, narrationTime: 9 }, frame: 2, prompts }, new Map()),
    ).toEqual({ skipped: 'no masks file' });
  });

  it('that cover the whole frame are lost ones; damaged ones are named', () => {
    const file = join(folder, 'b.json');
    const whole = {
      type: 'hand',
      mask: Buffer.from(encodeRle(new Uint8Array(SIDE * SIDE).fill(1), SIDE, SIDE).counts).toString('base64'),
      H: SIDE,
      W: SIDE,
    };
    writeFileSync(file, JSON.stringify({ ...written, 0: { ...written[0], 1: whole } }));
    const issues: Issues = new Map();
    expect(readSam2Masks(file, prompts, 2, clip, issues)[1][0]).toBeNull();
    expect([...issues]).toEqual([['a mask of the whole frame', 1]]);
    writeFileSync(
      file,
      JSON.stringify({ ...written, 2: { ...written[2], 0: { ...written[2][0], mask: 'not base64 counts' } } }),
    );
    expect(() => readSam2Masks(file, prompts, 2, clip, new Map())).toThrow(/b.json \(frame 2\)/);
    writeFileSync(file, JSON.stringify({ 0: { 1: { type: 'foot' } } }));
    expect(() => readSam2Masks(file, prompts, 2, clip, new Map())).toThrow(UserError);
  });
});

describe('helpers', () => {
  it('the queue gives back the cheapest first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), (costs) => {
        const queue = new PixelQueue();
        costs.forEach((cost, pixel) => queue.push(cost, pixel, 0));
        const popped = costs.map(() => queue.pop()!.cost);
        expect(popped).toEqual([...costs].sort((a, b) => a - b));
        expect(queue.pop()).toBeUndefined();
      }),
    );
  });

  it('parts of a mask are disjoint and whole', () => {
    const any = fc.uint8Array({ min: 0, max: 1, minLength: 35, maxLength: 35 });
    fc.assert(
      fc.property(any, (data) => {
        const mask = { data, height: 5, width: 7 };
        const parts = components(mask);
        expect(parts.flat().sort((a, b) => a - b)).toEqual([...data.keys()].filter((i) => data[i]));
        expect(parts.flat()).toHaveLength(maskArea(mask));
        expect(resizeMask(resizeMask(mask, 10, 14), 5, 7)).toEqual(mask);
      }),
    );
  });
});
