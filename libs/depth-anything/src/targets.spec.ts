import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { writePng } from '@egolab/video';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type DepthMaps, depthTargets, fileTeacher, type NoDepth, resizeMaps, worldTeacher } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'depth-targets-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { scope: 'clip', precision: 'float32', resize: 'first', shortSide: 2 } as const;
const maps = (values: number[], numFrames = 2): DepthMaps => ({
  data: Float32Array.from(values),
  numFrames,
  height: 2,
  width: values.length / numFrames / 2,
});
const data = (result: DepthMaps | NoDepth) => ('skipped' in result ? result.skipped : [...result.data]);

describe('depthTargets', () => {
  const twoFrames = maps([0, 1, 2, 3, 4, 5, 6, 8]);

  it('normalises each frame, or the clip', () => {
    expect(data(depthTargets(twoFrames, 'inverse-depth', options))).toEqual([
      0,
      1 / 8,
      2 / 8,
      3 / 8,
      4 / 8,
      5 / 8,
      6 / 8,
      1,
    ]);
    const perFrame = data(depthTargets(twoFrames, 'inverse-depth', { ...options, scope: 'frame' })) as number[];
    expect(perFrame[3]).toBe(1);
    expect(perFrame[4]).toBe(0);
    expect(perFrame[5]).toBeCloseTo(0.25);
  });

  it('truncates to 8 bits as the authors do', () => {
    const eight = data(depthTargets(twoFrames, 'inverse-depth', { ...options, precision: 'uint8' })) as number[];
    expect(eight.map((value) => Math.round(value * 255))).toEqual([0, 31, 63, 95, 127, 159, 191, 255]);
  });

  it('inverts metres: the nearest is 1, the infinitely far 0', () => {
    expect(data(depthTargets(maps([1, 2, 4, Infinity], 1), 'depth', options))).toEqual([1, 0.5, 0.25, 0]);
  });

  it('says why there is none', () => {
    expect(data(depthTargets(maps([1, NaN, 4, 2], 1), 'inverse-depth', options))).toMatch(/no number/);
    expect(data(depthTargets(maps([1, 0, 4, 2], 1), 'depth', options))).toMatch(/no number/);
    const constantFrame = maps([3, 3, 3, 3, 1, 2, 3, 4]);
    expect(data(depthTargets(constantFrame, 'inverse-depth', { ...options, scope: 'frame' }))).toBe(
      'constant depth in a frame',
    );
    expect(data(depthTargets(constantFrame, 'inverse-depth', options))).toHaveLength(8);
    expect(data(depthTargets(maps([3, 3, 3, 3], 1), 'inverse-depth', options))).toBe('constant depth in a clip');
  });

  it('stays in [0, 1] and keeps the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: 0.5, max: 100, noNaN: true }), { minLength: 16, maxLength: 16 }),
        (values) => {
          const result = depthTargets(maps(values), 'depth', { ...options, precision: 'uint8', resize: 'last' });
          if ('skipped' in result) return;
          for (const [i, value] of result.data.entries()) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
            const farther = values.findIndex((depth) => depth > values[i]);
            if (farther >= 0 && result.height === 2) expect(result.data[farther]).toBeLessThanOrEqual(value);
          }
        },
      ),
    );
  });

  it('resizes the shorter side, truncating the longer one, without antialiasing', () => {
    const ramp = { data: Float32Array.from({ length: 24 }, (_, i) => i % 6), numFrames: 1, height: 4, width: 6 };
    expect(resizeMaps(ramp, 2)).toEqual({
      data: Float32Array.from([0.5, 2.5, 4.5, 0.5, 2.5, 4.5]),
      numFrames: 1,
      height: 2,
      width: 3,
    });
    expect(resizeMaps({ ...ramp, height: 6, width: 4 }, 3)).toMatchObject({ height: 4, width: 3 });
  });
});

describe('teachers from files', () => {
  const clip = (videoUid: string, narrationTime: number, frames = [0, 4]) => ({
    videoUid,
    narrationTime,
    frames,
    pixels: () => Promise.reject(new Error('files need no pixels')),
  });

  it('finds exact depth in metres near the frames, and says where there is none', async () => {
    const truth = join(folder, 'world', 'a');
    for (const index of [0, 4])
      writePng(join(truth, 'depth', `${index}.png`), {
        data: Uint16Array.from([1000, 1500, 2000, 2500 + index]),
        height: 2,
        width: 2,
        channels: 1,
      });
    const frames = [0, 4].map((frame) => ({ frame, file: `${frame}.png`, contact: [] }));
    writeFileSync(join(truth, 'frames.json'), JSON.stringify({ fps: 8, instances: { 0: 'background' }, frames }));
    const teacher = worldTeacher((videoUid) => join(folder, 'world', videoUid));
    const found = await teacher.depth(clip('a', 0, [1, 3]));
    expect(data(found)).toEqual([1, 1.5, 2, 2.5, 1, 1.5, 2, Math.fround(2.504)]);
    expect(data(await teacher.depth(clip('a', 0, [0, 40])))).toBe('no ground truth near a frame');
    expect(data(await teacher.depth(clip('b', 0)))).toBe('no ground truth');
  });

  it('reads the layout of the authors by the time as a number', async () => {
    mkdirSync(join(folder, 'npz', 'a'), { recursive: true });
    writeFileSync(join(folder, 'npz', 'a', '3.3000_depth.npz'), 'cut');
    const teacher = fileTeacher(join(folder, 'npz'));
    expect(data(await teacher.depth(clip('a', 3.5)))).toBe('no depth file');
    await expect(teacher.depth(clip('a', 3.3))).rejects.toThrow(/not a readable .npz/);
    await expect(teacher.depth(clip('../a', 3.3))).rejects.toThrow(UserError);
    expect(() => fileTeacher(join(folder, 'none'))).toThrow(/there is no such folder/);
  });
});
