import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cropBox, cropDepth, randomCrop, WHOLE } from './crop.ts';

const side = fc.integer({ min: 2, max: 24 });
const fraction = fc.double({ min: 0, max: 0.4, noNaN: true });
const crop = fc
  .tuple(fraction, fraction, fraction, fraction)
  .map(([top, left, bottom, right]) => ({ top, left, bottom: 1 - bottom, right: 1 - right }));

/** A map whose value is a plane over the frame, so that bilinear sampling is exact inside. */
const plane = (height: number, width: number) => ({
  data: Float32Array.from(
    { length: height * width },
    (_, i) => Math.floor(i / width) / height + (2 * (i % width)) / width,
  ),
  numFrames: 1,
  height,
  width,
});

describe('crops', () => {
  it('keep a share of the area within bounds, inside the frame', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.1, max: 1, noNaN: true }), (seed, smallest) => {
        const { top, left, bottom, right } = randomCrop(new Random(seed), [smallest, 1]);
        const area = (bottom - top) * (right - left);
        expect(area).toBeGreaterThanOrEqual(smallest - 1e-9);
        expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
        expect(Math.max(bottom, right)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it('sample frames and depth at the same places', () => {
    fc.assert(
      fc.property(side, side, crop, (from, to, cut) => {
        fc.pre((cut.bottom - cut.top) * from >= to && (cut.right - cut.left) * from >= to); // no border is reached
        const map = plane(from, from);
        const depth = cropDepth(map, cut, { time: 1, side: to });
        tf.tidy(() => {
          const image = tf.tensor4d(map.data, [1, from, from, 1]);
          const box = tf.tensor2d([cropBox(cut, from, to)]);
          const pixels = tf.image.cropAndResize(image, box, tf.tensor1d([0], 'int32'), [to, to]).dataSync();
          depth.forEach((value, i) => expect(Math.abs(value - pixels[i])).toBeLessThan(1e-3));
        });
      }),
      { numRuns: 40 },
    );
  });

  it('leave a whole map of the same size as it is', () => {
    const map = plane(5, 5);
    expect(cropDepth(map, WHOLE, { time: 1, side: 5 })).toEqual(map.data);
    expect(cropBox(WHOLE, 5, 5)).toEqual([0, 0, 1, 1]);
  });

  it('take the centre square of a wide map, and maps from the middles of equal stretches', () => {
    const wide = { data: Float32Array.from([9, 1, 2, 9, 9, 3, 4, 9]), numFrames: 1, height: 2, width: 4 };
    expect(Array.from(cropDepth(wide, WHOLE, { time: 1, side: 2 }))).toEqual([1, 2, 3, 4]);
    const eight = { data: Float32Array.from({ length: 8 }, (_, i) => i), numFrames: 8, height: 1, width: 1 };
    expect(Array.from(cropDepth(eight, WHOLE, { time: 4, side: 1 }))).toEqual([1, 3, 5, 7]);
    expect(Array.from(cropDepth(eight, WHOLE, { time: 8, side: 1 }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
