import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npyBytes, type NpyData } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import { scoreBenchmark } from './score-benchmark.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-score-'));
let files = 0;
function file(content: string | Uint8Array, ending = 'txt'): string {
  const path = join(folder, `${files++}.${ending}`);
  writeFileSync(path, content);
  return path;
}
const array = (shape: number[], data: NpyData) => file(npyBytes(shape, data), 'npy');
const score = (benchmark: string, predictions: string, annotations: string, options = {}) =>
  scoreBenchmark(benchmark, { predictions, annotations }, options);

describe('camera', () => {
  const truth = file('# timestamp tx ty tz qx qy qz qw\n0 0 0 0 0 0 0 1\n0.1 1 0 0 0 0 0 1\n0.2 2 0 0 0 0 0 1\n');

  it('scores a TUM trajectory', async () => {
    const predicted = file('0.004 0 0 0 0 0 0 1\n0.104 2 0 0 0 0 0 1\n0.204 4 0 0 0 0 0 1\n0.5 9 9 9 0 0 0 1\n');
    const { ATE_none, ATE_sim3, RTE, RRE, pairs } = await score('camera', predicted, truth);
    expect(ATE_none).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(ATE_sim3).toBeCloseTo(0, 12);
    expect([RTE, RRE, pairs]).toEqual([1, 0, 3]);
  });

  it.each([
    ['0 0 0 0 0 0 0 1\n0.1 1 0 0 0 0 0 1\n0.05 0 0 0 0 0 0 1', /:3 \(timestamp\): timestamp 0\.05 comes after 0\.1/],
    ['0 0 0 0 0 0 0 1\n0 1 0 0 0 0 0 1', /:2 \(timestamp\): the timestamp 0 occurs twice/],
    ['0 0 0 0 0 0 0 2', /:1 \(qx qy qz qw\): expected a unit quaternion .* got length 2/],
    ['0 0 0 0 0 0 0 0', /got length 0/],
    ['0 nan 0 0 0 0 0 1', /:1 \(tx\): expected a finite number, got "nan"/],
    ['0 0 0 0 0 0 1', /:1: expected 8 numbers .* got 7/],
    ['# only a comment', /holds no poses/],
    [
      '5 0 0 0 0 0 0 1\n6 0 0 0 0 0 0 1',
      /0 of 2 poses lie within 0\.01 s .* times are 5 to 6 s, the true ones 0 to 0\.2 s/,
    ],
  ])('names what is wrong: %j', async (text, message) => {
    await expect(score('camera', file(text), truth)).rejects.toThrow(message);
    await expect(score('camera', file(text), truth)).rejects.toHaveProperty('name', 'UserError');
  });
});

describe('gaze', () => {
  const truth = file('t,x,y,valid\n0,0.5,0.5,1\n0.1,nan,,0\n0.2,0.1,0.9,1\n', 'csv');

  it('scores the valid rows', async () => {
    const predicted = file('t,y,x\n0,0.5,0.7\n0.1,0,0\n0.2,0.9,0.1\n', 'csv');
    const { mse, n } = await score('gaze', predicted, truth);
    expect(mse).toBeCloseTo(0.01, 12);
    expect(n).toBe(2);
  });

  it.each([
    ['t,x,y\n0,0.5,0.5\n0.1,0,0', /expected 3 rows, .* got 2/],
    ['t,x,y\n0,0.5,0.5\n0.1,0,0\n0.15,0,0', /:4 \(t\): expected the time 0\.2/],
    ['t,x,y\n0,0.5,0.5\n0.2,0,0\n0.1,0,0', /:4 \(t\): timestamp 0\.1 comes after 0\.2/],
    ['t,x,y\n0,0.5,NaN\n0.1,0,0\n0.2,0,0', /:2 \(y\): expected a finite number, got "NaN"/],
    ['t,x,y\n0,448,252\n0.1,0,0\n0.2,0,0', /:2 \(x\): expected a fraction of the frame, 0 to 1, got 448/],
    ['t,x\n0,0.5', /"y" is missing/],
    ['t,x,y,valid\n0,0,0,0\n0.1,0,0,1\n0.2,0,0,1', /:2 \(valid\): the row is marked invalid/],
  ])('names what is wrong: %j', async (text, message) => {
    await expect(score('gaze', file(text, 'csv'), truth)).rejects.toThrow(message);
  });

  it('refuses a truth without a valid row', async () => {
    const lost = file('t,x,y,valid\n0,0,0,0\n', 'csv');
    await expect(score('gaze', file('t,x,y\n0,0,0\n', 'csv'), lost)).rejects.toThrow(/none of the 1 rows is valid/);
  });
});

describe('depth', () => {
  const truth = array([2, 1, 2], Float32Array.of(1, 2, 0, 4));
  const predicted = array([2, 1, 2], Float32Array.of(1, 1, 7, 4));

  it('scores pooled pixels and frames', async () => {
    expect(await score('depth', predicted, truth)).toMatchObject({ abs_rel: 0.5 / 3, delta1: 2 / 3 });
    expect(await score('depth', predicted, truth, { pool: 'frame' })).toMatchObject({ abs_rel: 0.125, delta1: 0.75 });
    const inverse = array([2, 1, 2], Float32Array.of(1, 0.5, 3, 0.25));
    const { abs_rel } = await score('depth', inverse, truth, { align: 'affine-disparity' });
    expect(abs_rel).toBeCloseTo(0, 6);
  });

  it.each([
    [array([2, 1, 2], Float64Array.of(1, 1, 1, 1)), /expected float32, got float64/],
    [array([1, 1, 2], Float32Array.of(1, 1)), /expected \[2,1,2\] values .* got \[1,1,2\]/],
    [array([2, 2], Float32Array.of(1, 1, 1, 1)), /expected \[frames, height, width\], got \[2,2\]/],
    [array([2, 1, 2], Float32Array.of(1, 1, NaN, 1)), /\[1, 0, 0\]: expected a finite number, got NaN/],
  ])('names what is wrong with %s', async (path, message) => {
    await expect(score('depth', path, truth)).rejects.toThrow(message);
  });

  it('refuses a truth without depth, and unknown alignments', async () => {
    await expect(score('depth', predicted, array([2, 1, 2], new Float32Array(4)))).rejects.toThrow(/no pixel holds/);
    await expect(score('depth', predicted, truth, { align: 'mediam' })).rejects.toThrow('did you mean "median"?');
  });
});

describe('video', () => {
  const pixels = (frames: number, value: number) =>
    array([frames, 12, 12, 3], new Uint8Array(frames * 432).fill(value));

  it('scores .npy videos', async () => {
    const { psnr, ssim } = await score('video', pixels(2, 100), pixels(2, 151));
    expect(psnr).toBeCloseTo(20 * Math.log10(5), 10);
    expect(ssim).toBeGreaterThan(0.8);
  });

  it.each([
    [pixels(3, 1), /expected 2 frames, .* got 3/],
    [array([2, 12, 14, 3], new Uint8Array(1008)), /expected 12 columns of pixels, .* got 14/],
    [array([2, 12, 12, 3], new Float32Array(864)), /expected uint8, got float32/],
    [array([2, 12, 12], new Uint8Array(288)), /expected \[frames, height, width, 3\], got \[2,12,12\]/],
  ])('names what is wrong with %s', async (path, message) => {
    await expect(score('video', path, pixels(2, 1))).rejects.toThrow(message);
  });
});

const inputs = new URL('../../../../../../shared/real/score-inputs/', import.meta.url).pathname;
it.skipIf(!existsSync(inputs))('scores the real pairs (needs ../shared/real)', async () => {
  const pair = (predictions: string, truth: string) => [`${inputs}${predictions}`, `${inputs}${truth}`] as const;
  const camera = await score('camera', ...pair('egom2p-prediction.txt', 'egom2p-truth.txt'));
  expect(camera['ATE_se3']).toBeCloseTo(0.0056073, 7);
  expect(camera['pairs']).toBe(60);
  const gaze = await score('gaze', ...pair('gaze-egom2p-prediction.csv', 'gaze-egom2p-truth.csv'));
  expect(gaze['n']).toBe(58);
  expect(gaze['mse']).toBeCloseTo(4.1835731e-5, 12);
  const depth = await score('depth', ...pair('adt-prediction.npy', 'adt-truth.npy'));
  expect(depth['abs_rel']).toBeCloseTo(0.0984689, 6);
});
