import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, writeNpy } from '@egolab/foundation';
import { writePng } from '@egolab/video';
import { afterAll, describe, expect, it } from 'vitest';
import type { ClipFrames, Issues } from '../clip.ts';
import { keepBest, linkObjects, type FrameDetections, type HandDetection } from './detections.ts';
import { detectionRows, detectionsFromFile, folderDetector, singleFileDetector } from './detections-file.ts';
import { detectionScores } from './scores.ts';
import { skinColourDetector } from './skin-colour.ts';
import { worldDetector } from './world-labels.ts';

const folder = mkdtempSync(join(tmpdir(), 'detect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const size = { height: 64, width: 64 };
const clip = (indices: number[], data = new Uint8Array(indices.length * 64 * 64 * 3)): ClipFrames => ({
  data,
  numFrames: indices.length,
  ...size,
  videoUid: 'video',
  narrationTime: 2.5,
  indices,
});
const hand = (x: number, more: Partial<HandDetection> = {}): HandDetection => ({
  box: { x1: x, y1: 40, x2: x + 10, y2: 52 },
  score: 0.9,
  side: 'right',
  contact: 'portable object',
  offset: { x: -10, y: -20 },
  ...more,
});
const object = (x: number, y: number) => ({ box: { x1: x - 5, y1: y - 5, x2: x + 5, y2: y + 5 }, score: 0.8 });

describe('linking', () => {
  it('follows the offset, not the nearest object', () => {
    const frame = { hands: [hand(40)], objects: [object(50, 46), object(35, 26)] };
    expect(linkObjects(frame)[0].object).toBe(1);
    expect(linkObjects({ ...frame, hands: [hand(40, { offset: null })] })[0].object).toBe(0);
    expect(linkObjects({ ...frame, hands: [hand(40, { contact: 'none' })] })[0].object).toBe(-1);
    expect(linkObjects({ ...frame, objects: [] })[0].object).toBe(-1);
  });

  it('keeps the two best of each kind and counts the others', () => {
    const issues: Issues = new Map();
    const hands = [hand(0, { score: 0.4 }), hand(10), hand(20, { score: 0.6 })];
    expect(keepBest({ hands, objects: [object(1, 1)] }, issues).hands.map(({ score }) => score)).toEqual([0.9, 0.6]);
    expect([...issues]).toEqual([['more than 2 hands in a frame', 1]]);
  });
});

describe('detections in the layout of the authors', () => {
  const frames: FrameDetections[] = [
    { hands: [hand(40), hand(5, { side: 'left', contact: 'none', offset: null })], objects: [object(35, 26)] },
    { hands: [], objects: [] },
  ];

  it('come back from rows, as .npy and as JSON', () => {
    const rows = detectionRows(frames);
    writeNpy(join(folder, 'a.npy'), [2, 4, 10], Float64Array.from(rows.flat(2)));
    writeFileSync(join(folder, 'a.json'), JSON.stringify(rows));
    for (const file of ['a.npy', 'a.json']) {
      const issues: Issues = new Map();
      const read = detectionsFromFile(join(folder, file), size, issues);
      expect(issues.size).toBe(0);
      expect(read[1]).toEqual({ hands: [], objects: [] });
      expect(read[0].objects).toEqual([object(35, 26)]);
      expect(read[0].hands[1]).toEqual(frames[0].hands[1]);
      expect(read[0].hands[0].offset!.x).toBeCloseTo(-10);
      expect(read[0].hands[0].offset!.y).toBeCloseTo(-20);
    }
  });

  it('leave out and count rows that overflow or say nothing sensible', () => {
    const good = detectionRows(frames)[0][0];
    const rows = [
      [good, [...good.slice(0, 9), 7], good, good, good],
      [
        [NaN, ...good.slice(1)],
        [5, 5, 5, 9, ...good.slice(4)],
        [...good.slice(0, 4), NaN, ...good.slice(5)],
        Array(10).fill(0),
      ],
    ];
    writeFileSync(join(folder, 'bad.json'), JSON.stringify(rows));
    const issues: Issues = new Map();
    const read = detectionsFromFile(join(folder, 'bad.json'), size, issues);
    expect(read.map(({ hands, objects }) => [hands.length, objects.length])).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(Object.fromEntries(issues)).toEqual({
      'detections: overflowing row': 1,
      "detections: a hand's row without state or side": 1,
      'detections: a row without numbers': 2,
      'detections: an empty box': 1,
    });
  });

  it('refuse another shape, and take the frames nearest to the clip’s', async () => {
    writeNpy(join(folder, 'flat.npy'), [2, 10], new Float32Array(20));
    expect(() => detectionsFromFile(join(folder, 'flat.npy'), size, new Map())).toThrow(
      /expected detections \[frame, 4 rows, 10 numbers\], got an array of shape \[2,10\]/,
    );
    mkdirSync(join(folder, 'many', 'video'), { recursive: true });
    writeNpy(
      join(folder, 'many', 'video', '2.5000.npy'),
      [4, 4, 10],
      Float32Array.from(detectionRows([frames[1], frames[0], frames[1], frames[1]]).flat(2)),
    );
    const read = await folderDetector(join(folder, 'many')).detect(clip([0, 9]), new Map());
    expect((read as FrameDetections[]).map(({ hands }) => hands.length)).toEqual([2, 0]);
    expect(await folderDetector(join(folder, 'many')).detect({ ...clip([0]), narrationTime: 3 }, new Map())).toEqual({
      skipped: 'no detections file',
    });
    await expect(singleFileDetector(join(folder, 'a.json')).detect(clip([0]), new Map())).rejects.toThrow(
      /2 frames for a clip of 1/,
    );
  });
});

describe('scores', () => {
  it('match each label with one detection', () => {
    const labels: FrameDetections[] = [
      { hands: [hand(40), hand(5, { side: 'left', contact: 'none', offset: null })], objects: [object(35, 26)] },
    ];
    expect(detectionScores(labels, labels)).toEqual({
      handRecall: 1,
      handPrecision: 1,
      side: 1,
      contact: 1,
      objectRecall: 1,
      objectPrecision: 1,
    });
    const found = [{ hands: [hand(41, { contact: 'none' }), hand(40), hand(41)], objects: [object(60, 60)] }];
    expect(detectionScores(labels, found)).toEqual({
      handRecall: 1 / 2,
      handPrecision: 1 / 3,
      side: 1,
      contact: 1,
      objectRecall: 0,
      objectPrecision: 0,
    });
  });
});

describe('labels of the synthetic world', () => {
  it('are boxes around the visible pixels, contact and offset included', async () => {
    const masks = new Uint8Array(64 * 64);
    const paint = (id: number, x1: number, y1: number, x2: number, y2: number) => {
      for (let y = y1; y < y2; y++) masks.fill(id, y * 64 + x1, y * 64 + x2);
    };
    paint(2, 40, 40, 50, 52);
    paint(10, 42, 20, 48, 30);
    paint(11, 0, 0, 8, 8);
    const truth = join(folder, 'truth', 'video');
    writePng(join(truth, 'masks', '0.png'), { data: masks, ...size, channels: 1 });
    const frame = { frame: 4, file: '0.png', contact: [{ hand: 'right', instance: 10 }] };
    writeFileSync(
      join(truth, 'frames.json'),
      JSON.stringify({ fps: 8, instances: { 10: 'mug', 11: 'pan' }, frames: [frame] }),
    );
    const detector = worldDetector((videoUid) => join(folder, 'truth', videoUid));
    const [labels] = (await detector.detect(clip([5]), new Map())) as FrameDetections[];
    expect(labels).toEqual({
      hands: [
        {
          box: { x1: 40, y1: 40, x2: 50, y2: 52 },
          score: 1,
          side: 'right',
          contact: 'portable object',
          offset: { x: 0, y: -21 },
        },
      ],
      objects: [{ box: { x1: 42, y1: 20, x2: 48, y2: 30 }, score: 1, label: 'mug' }],
    });
    expect(await detector.detect(clip([30]), new Map())).toEqual({ skipped: 'no labels near a frame' });
    expect(await detector.detect({ ...clip([0]), videoUid: 'other' }, new Map())).toEqual({ skipped: 'no labels' });
  });
});

describe('skin colour', () => {
  it('finds a hand from below and what stands out beside it', async () => {
    const random = new Random(0);
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, () => 90 + random.integer(0, 6));
    const paint = (colour: number[], x1: number, y1: number, x2: number, y2: number) => {
      for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) data.set(colour, (y * 64 + x) * 3);
    };
    paint([200, 120, 95], 40, 40, 54, 64);
    paint([20, 220, 40], 42, 28, 50, 40);
    const [{ hands, objects }] = (await skinColourDetector().detect(clip([0], data), new Map())) as FrameDetections[];
    expect(hands).toMatchObject([{ side: 'right', contact: 'portable object', box: { x1: 40, y1: 40, x2: 54 } }]);
    expect(objects[0].box).toEqual({ x1: 42, y1: 28, x2: 50, y2: 40 });
  });
});
