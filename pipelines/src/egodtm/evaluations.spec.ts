import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NlqQuery } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { pictureFormat, pictureLimits } from '@egolab/pictures';
import { writePng } from '@egolab/video';
import { majorityShare } from './fusion.ts';
import { middleSquare, probeClips, probeReader } from './h2o-clips.ts';
import { blindPredictions, groundingExamples, nlqOutcomes, nlqPicture } from './nlq.ts';
import { boundsOf, depthPicture, levels, spread } from './paint.ts';
import { sheet } from './sheet.ts';
import { readVisor, readVisorImage, trueInstances } from './visor.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'egolab-evaluations-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const random = new Random(5);
const noise = (length: number) => Uint8Array.from({ length }, () => random.integer(0, 255));

describe('clips of H2O', () => {
  const write = (frames: number) => {
    mkdirSync(join(root, 'label_split'), { recursive: true });
    const line = (sequence: string, frame: number) =>
      `subject1/${sequence}/0/cam4/rgb/${String(frame).padStart(6, '0')}.png\n`;
    const lines = ['h1', 'k2'].flatMap((sequence) => Array.from({ length: frames }, (_, i) => line(sequence, i)));
    writeFileSync(join(root, 'label_split', 'pose_test.txt'), lines.join(''));
  };

  it.each([
    [10, 4, 1],
    [10, 4, 3],
    [3, 4, 2],
    [8, 2, 1],
  ])('hold each of %i frames once, %i a clip, %i apart', (frames, numFrames, stride) => {
    write(frames);
    const clips = probeClips(root, 'test', { numFrames, stride, maxClips: null }, random);
    const seen = clips.flatMap(({ frames, distinct }) =>
      frames.slice(0, distinct).map(({ sequence, frame }) => `${sequence} ${frame}`),
    );
    expect(new Set(seen).size).toBe(2 * frames);
    expect(seen).toHaveLength(2 * frames);
    for (const { frames, distinct } of clips) {
      expect(frames).toHaveLength(numFrames);
      const steps = frames.slice(1, distinct).map(({ frame }, i) => frame - frames[i].frame);
      expect(steps.every((step) => step === stride)).toBe(true);
    }
  });

  it('are drawn when there are more than asked for', () => {
    write(10);
    const drawn = probeClips(root, 'test', { numFrames: 4, stride: 1, maxClips: 2 }, new Random(1));
    expect(drawn).toHaveLength(2);
  });

  it('give metres of the middle square, none beyond the range', () => {
    write(1);
    const [clip] = probeClips(root, 'test', { numFrames: 1, stride: 1, maxClips: 1 }, new Random(1));
    const { rgb, depth } = clip.frames[0];
    for (const path of [rgb, depth]) mkdirSync(join(path, '..'), { recursive: true });
    writePng(rgb, { data: noise(4 * 6 * 3), height: 4, width: 6, channels: 3 });
    const millimetres = Uint16Array.from({ length: 24 }, (_, i) => (i % 6 === 3 ? 20_000 : 1000 * (i % 6)));
    writePng(depth, { data: millimetres, height: 4, width: 6, channels: 1 });
    const reading = { size: 4, metresPerUnit: 1e-3, maxDepth: 10, cacheBytes: 1e6 };
    const read = probeReader(reading);
    expect([...read(clip).depth.subarray(0, 4)]).toEqual([1, 2, 0, 4]);
    expect(read(clip)).toBe(read(clip));
    expect(probeReader({ ...reading, cacheBytes: 10 })(clip).frames).toHaveLength(48);
  });

  it('sample the nearest pixel', () => {
    const map = Float32Array.from({ length: 36 }, (_, i) => i);
    expect([...middleSquare({ data: map, height: 6, width: 6 }, 2)]).toEqual([7, 10, 25, 28]);
    expect([...middleSquare({ data: map, height: 6, width: 6 }, 6)]).toEqual([...map]);
  });
});

describe('natural language queries', () => {
  const query = (queryIndex: number, start: number, end: number, text = 'where?'): NlqQuery => {
    const ids = { videoUid: 'v', clipUid: 'c', annotationUid: 'a' };
    return { ...ids, clipStart: 10, clipEnd: 26, queryIndex, text, start, end };
  };
  const rows = (length: number) => ({ data: new Float32Array(length * 2), length, dim: 2 });
  const features = { videos: new Map([['c', rows(16)]]), words: new Map([['where?', rows(3)]]), rate: 1 };

  it('are learned from when they have a text and a window', () => {
    const config = { maxPositions: 8 } as Parameters<typeof groundingExamples>[2];
    const queries = [query(0, 2, 5.9), query(1, 3, 3), query(2, 1, 2, '')];
    const examples = groundingExamples(queries, features, config);
    expect(examples.map(({ query, target }) => [query.queryIndex, target])).toEqual([[0, { start: 1, end: 2 }]]);
    expect(examples[0].video.length).toBe(8);
  });

  it('are counted as found like the official metric does', () => {
    const queries = [query(0, 0, 10), query(1, 0, 10)];
    const windows = { clipUid: 'c', annotationUid: 'a' };
    const predictions = [
      { ...windows, queryIndex: 0, windows: [[0, 3], [0, 10]] as const }, // prettier-ignore
      { ...windows, queryIndex: 1, windows: [[0, 3.1]] as const },
    ];
    const outcomes = nlqOutcomes(predictions, queries);
    expect(Object.values(outcomes['R1_iou03'])).toEqual([0, 1]);
    expect(Object.values(outcomes['R5_iou03'])).toEqual([1, 1]);
    expect(Object.values(outcomes['R5_iou05'])).toEqual([1, 0]);
  });

  it('have blind answers at the same share of the clip', () => {
    const [blind] = blindPredictions([query(0, 0, 1)], [{ ...query(1, 4, 8), clipEnd: 18 }], random);
    expect(blind.windows).toEqual(Array(5).fill([8, 16]));
  });

  it('are drawn without trusting their text', () => {
    const picture = nlqPicture([{ query: query(0, 1, 2, '<script> & "x"'), windows: [[-1, 99]] }]);
    expect(pictureFormat(Buffer.from(picture))).toBe('svg');
    expect(picture).toContain('&lt;script&gt; &amp; &quot;x&quot;');
  });
});

it('knows how often the most frequent action is right', () => {
  const clip = (action: number) => ({ id: '', session: '', action, verb: 0, noun: 0 });
  expect(majorityShare([1, 2, 2].map(clip), [2, 1, 2, 0].map(clip))).toBe(50);
});

describe('pictures', () => {
  it('spread what they show, and scale maps to grey levels', () => {
    expect(spread([0, 1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
    expect(spread([7], 3)).toEqual([7]);
    expect(boundsOf([NaN, 2, -1, Infinity])).toEqual([-1, 2]);
    expect([...levels([0, 1, 3, NaN], [0, 2])]).toEqual([0, 128, 255, 0]);
  });

  it('fit the report however large and noisy frames are', () => {
    const side = 224;
    const column = { frame: { data: noise(side * side * 3), side }, maps: [{ data: noise(56 * 56), side: 56 }] };
    const png = depthPicture(Array(6).fill(column));
    expect(pictureFormat(png)).toBe('png');
    expect(png.length).toBeLessThan(pictureLimits.bytes);
    const svg = sheet([{ lines: ['a '.repeat(200)], frames: Array(6).fill({ data: noise(side * side * 3), side }) }]);
    expect(pictureFormat(Buffer.from(svg))).toBe('svg');
    expect(svg.length).toBeLessThan(pictureLimits.bytes);
    expect(svg.match(/<text/g)!.length).toBeGreaterThan(3);
  });
});

describe('VISOR', () => {
  const annotation = (change: object = {}) => {
    const runs = { size: [4, 6], counts: [0, 4, 20] };
    return JSON.stringify({
      images: [{ id: 3, height: 4, width: 6, file_name: 'P01_1.png' }],
      categories: [{ id: 1, name: 'hand' }, { id: 2, name: 'object' }], // prettier-ignore
      annotations: [{ id: 1, image_id: 3, category_id: 1, segmentation: runs }],
      ...change,
    });
  };
  const write = (content: string) => {
    mkdirSync(join(root, 'annotations'), { recursive: true });
    mkdirSync(join(root, 'images', 'val'), { recursive: true });
    writeFileSync(join(root, 'annotations', 'val.json'), content);
  };

  it('is read with its images', async () => {
    write(annotation());
    const split = readVisor(root, 'val');
    const [image] = split.images;
    expect(trueInstances(split, image).map(({ kind, mask }) => [kind, mask.data[6], mask.data[1]])).toEqual([
      ['hand', 1, 0],
    ]);
    writePng(image.path, { data: noise(72), height: 4, width: 6, channels: 3 });
    expect(await readVisorImage(image)).toMatchObject({ videoUid: 'P01_1', numFrames: 1 });
    writePng(image.path, { data: noise(72), height: 6, width: 4, channels: 3 });
    await expect(readVisorImage(image)).rejects.toThrow('expected 6x4 pixels as annotated, got 4x6');
  });

  it('refuses images without a name, outside of its folder, other categories, and no mask at all', () => {
    write(annotation({ images: [{ id: 3, height: 4, width: 6 }] }));
    expect(() => readVisor(root, 'val')).toThrow('image 3 has no file_name');
    write(annotation({ images: [{ id: 3, height: 4, width: 6, file_name: '../../x.png' }] }));
    expect(() => readVisor(root, 'val')).toThrow('x.png');
    write(annotation({ categories: [{ id: 1, name: 'hand' }, { id: 2, name: 'cup' }] })); // prettier-ignore
    expect(() => readVisor(root, 'val')).toThrow('expected the categories hand and object, got hand, cup');
    write(annotation({ annotations: [] }));
    expect(() => readVisor(root, 'val')).toThrow('val.json: no image has a mask');
  });
});
