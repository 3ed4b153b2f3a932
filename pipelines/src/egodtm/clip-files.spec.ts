import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpy } from '@egolab/foundation';
import { afterAll, describe, expect, it } from 'vitest';
import {
  CAPTIONS,
  DEPTH_INDEX,
  openDepthTargets,
  readCaptions,
  writeCaptions,
  writeDepthIndex,
  writeDepthTarget,
} from './clip-files.ts';

const root = mkdtempSync(join(tmpdir(), 'egolab-clip-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folder = () => mkdtempSync(join(root, 'stage-'));
const maps = { data: Float32Array.from([0, 0.2, 0.6, 1]), numFrames: 2, height: 1, width: 2 };

describe('depth targets', () => {
  const index = { numClips: 3, targets: [{ clip: 1, file: 'depth/1.npy' }], skipped: [{ clip: 0, reason: 'none' }] };

  it.each(['uint8', 'float32'] as const)('come back as they were written, %s', (precision) => {
    const at = folder();
    writeDepthTarget(at, 1, maps, precision);
    writeDepthIndex(at, index);
    const targets = openDepthTargets(at, 3);
    expect([0, 1, 2].map((clip) => targets.has(clip))).toEqual([false, true, false]);
    const { data, ...shape } = targets.read(1);
    expect(shape).toEqual({ numFrames: 2, height: 1, width: 2 });
    data.forEach((value, i) => expect(value).toBeCloseTo(maps.data[i], 6));
  });

  it.each<[string, object, RegExp]>([
    ['another number of clips', { ...index, numClips: 4 }, /index\.json: expected 3 clips, got 4/],
    [
      'a clip that is not in the list',
      { ...index, targets: [{ clip: 7, file: 'depth/7.npy' }] },
      /clip 7: expected 0 to 2/,
    ],
    ['a clip twice', { ...index, targets: [...index.targets, ...index.targets] }, /clip 1 is there twice/],
    ['a file outside', { ...index, targets: [{ clip: 1, file: '../../x.npy' }] }, /leaves the dataset root/],
    ['another format', { clips: [] }, /index\.json: numClips/],
  ])('name %s', (_, content, message) => {
    const at = folder();
    writeFileSync(join(at, DEPTH_INDEX), JSON.stringify(content));
    expect(() => openDepthTargets(at, 3)).toThrow(message);
  });

  it.each<[string, Float32Array | Float64Array, number[], RegExp]>([
    [
      'values that are no number',
      Float32Array.of(0, NaN),
      [2, 1, 1],
      /1\.npy: expected inverse depth in \[0, 1\], got NaN in frame 1/,
    ],
    ['values above 1', Float32Array.of(0, 3), [1, 1, 2], /got 3 in frame 0/],
    ['another type', Float64Array.of(0, 1), [1, 1, 2], /expected uint8 or float32 .* got float64/],
    ['another shape', Float32Array.of(0, 1), [1, 2], /got float32 \[1,2\]/],
  ])('name %s', (_, data, shape, message) => {
    const at = folder();
    writeDepthIndex(at, index);
    writeNpy(join(at, 'depth/1.npy'), shape, data);
    expect(() => openDepthTargets(at, 3).read(1)).toThrow(message);
  });
});

describe('captions', () => {
  const originals = ['C cuts the carrot.', 'C walks.'];
  const line = { clip: 0, original: originals[0], enriched: 'C cuts the carrot with the left hand.', reason: null };

  it('come back as they were written', () => {
    const at = folder();
    writeCaptions(at, [line, { clip: 1, original: originals[1], enriched: null, reason: 'no hands' }]);
    expect(readCaptions(at, originals)).toEqual([line.enriched, undefined]);
  });

  it.each<[string, string, RegExp]>([
    ['another caption', JSON.stringify({ ...line, original: 'C runs.' }), /line 1: expected the caption "C cuts/],
    ['a clip twice', `${JSON.stringify(line)}\n${JSON.stringify(line)}`, /line 2: clip 0 is there twice/],
    ['an unknown clip', JSON.stringify({ ...line, clip: 2 }), /clip 2: expected 0 to 1/],
    ['a cut line', JSON.stringify(line).slice(0, 30), /line 1: not valid JSON/],
    ['a missing field', '{"clip": 0}', /line 1: original/],
    ['a file cut at the end of a line', `${JSON.stringify(line)}\n`, /1 of 2 clips have no line, first clip 1/],
    ['an empty file', '', /2 of 2 clips have no line, first clip 0/],
  ])('name %s', (_, content, message) => {
    const at = folder();
    writeFileSync(join(at, CAPTIONS), content);
    expect(() => readCaptions(at, originals)).toThrow(message);
  });
});
