import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { maxDifference } from './fixtures/open.ts';
import {
  colourToDepth,
  depthToColour,
  fromPatches,
  haar,
  inverseHaar,
  paddedSize,
  padVideo,
  toPatches,
  unpadVideo,
  windows,
} from './index.ts';

const random = (shape: number[], low = -1, high = 1) => tf.randomUniform(shape, low, high, 'float32', 11);

describe('wavelets', () => {
  it('come back, level by level and as a whole', () => {
    const x = random([2, 4, 6, 8, 3]);
    expect(haar(x).shape).toEqual([2, 2, 3, 4, 24]);
    expect(maxDifference(inverseHaar(haar(x)), x)).toBeLessThan(1e-6);
    const video = random([2, 9, 8, 12, 3]);
    expect(toPatches(video).shape).toEqual([2, 3, 2, 3, 192]);
    expect(maxDifference(fromPatches(toPatches(video)), video)).toBeLessThan(1e-6);
  });

  it('hold the mean of 4 x 4 x 4 pixels in their lowest band, and the first frame alone in the first step', () => {
    const video = random([1, 17, 256 / 8, 16, 3]);
    const lowest = tf.slice(toPatches(video), [0, 0, 0, 0, 0], [1, 5, 8, 4, 3]);
    const first = tf.slice(video, [0, 0, 0, 0, 0], [1, 1, 32, 16, 3]);
    const long = tf.concat([first, first, first, video], 1);
    const means = tf.mean(tf.reshape(long, [5, 4, 8, 4, 4, 4, 3]), [1, 3, 5]);
    expect(maxDifference(tf.reshape(lowest, [5, 8, 4, 3]), means)).toBeLessThan(1e-6);
  });

  it('order their bands by time, height, width', () => {
    const varies = (axis: number) =>
      tf.reshape(tf.tensor1d(Array.from({ length: 8 }, (_, i) => ((i >> (2 - axis)) & 1 ? -1 : 1))), [1, 2, 2, 2, 1]);
    expect([0, 1, 2].map((axis) => [...haar(varies(axis)).dataSync()])).toEqual([
      [0, 0, 0, 0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 0, 0],
    ]);
  });
});

describe('frames', () => {
  it('are padded to 1 + 8 n by their ends, to sides of 16 by black, and come back', () => {
    const pixels = random([1, 16, 18, 32, 3], 0, 255);
    const size = { frames: 16, height: 18, width: 32 };
    expect(paddedSize(size)).toEqual({ frames: 17, height: 32, width: 32 });
    const video = padVideo(pixels);
    expect(video.shape).toEqual([1, 17, 32, 32, 3]);
    const frame = (t: number) => tf.slice(video, [0, t, 0, 0, 0], [1, 1, 32, 32, 3]);
    expect(maxDifference(frame(15), frame(16))).toBe(0);
    expect(video.dataSync()[0]).toBe(-1);
    expect(maxDifference(unpadVideo(video, size), pixels)).toBeLessThan(1e-4);
    expect(paddedSize({ frames: 8, height: 16, width: 16 }).frames).toBe(9);
    const short = random([1, 12, 16, 16, 3], 0, 255);
    expect(maxDifference(unpadVideo(padVideo(short), { frames: 12, height: 16, width: 16 }), short)).toBeLessThan(1e-4);
    expect(() => padVideo(tf.zeros([1, 18, 16, 16, 3]))).toThrow(
      /at most 17, height, width, 3\], got \[1,18,16,16,3\]/,
    );
  });

  it('go through in windows of 17', () => {
    expect(windows(16)).toEqual([{ begin: 0, end: 16 }]);
    expect(windows(40)).toEqual([{ begin: 0, end: 17 }, { begin: 17, end: 34 }, { begin: 34, end: 40 }]); // prettier-ignore
  });
});

it('depth is three equal channels, and their mean on the way back', () => {
  const depth = random([2, 3, 4, 5]);
  expect(depthToColour(depth).shape).toEqual([2, 3, 4, 5, 3]);
  expect(maxDifference(colourToDepth(depthToColour(depth)), depth)).toBeLessThan(1e-6);
});
