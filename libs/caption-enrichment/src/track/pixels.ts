import type { Frames } from '@egolab/video';
import { frameOf } from '../clip.ts';

/** Values per pixel of a {@link FeatureMap}. */
export const DEPTH = 6;

/**
 * What the tracker sees of a frame, float32 `[height, width, 6]`: lightness, red-green and blue-yellow of the pixel, and of its
 * 3x3 neighbourhood. Opponent colours keep shading, which changes as things move, apart from hue, which doesn't.
 */
export interface FeatureMap {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Shading counts less than hue. */
const LIGHTNESS_WEIGHT = 0.6;

/** Frames scaled down (box average) so that the longer side is at most `maxSide`, as features. */
export function featureMaps(frames: Frames, maxSide: number): FeatureMap[] {
  const scale = Math.min(1, maxSide / Math.max(frames.height, frames.width));
  const height = Math.max(1, Math.round(frames.height * scale));
  const width = Math.max(1, Math.round(frames.width * scale));
  return Array.from({ length: frames.numFrames }, (_, index) =>
    features(averaged(frameOf(frames, index), frames, height, width), height, width),
  );
}

/** Mean colour of the pixels below each cell, `[height, width, 3]`, 0..1. */
function averaged(
  rgb: Uint8Array,
  from: { height: number; width: number },
  height: number,
  width: number,
): Float32Array {
  const out = new Float32Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.floor((y * from.height) / height), Math.ceil(((y + 1) * from.height) / height)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.floor((x * from.width) / width), Math.ceil(((x + 1) * from.width) / width)];
      const at = (y * width + x) * 3;
      for (let row = top; row < bottom; row++) {
        for (let i = (row * from.width + left) * 3; i < (row * from.width + right) * 3; i += 3) {
          out[at] += rgb[i];
          out[at + 1] += rgb[i + 1];
          out[at + 2] += rgb[i + 2];
        }
      }
      const share = 1 / ((bottom - top) * (right - left) * 255);
      for (let channel = 0; channel < 3; channel++) out[at + channel] *= share;
    }
  }
  return out;
}

function features(rgb: Float32Array, height: number, width: number): FeatureMap {
  const data = new Float32Array(height * width * DEPTH);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    data[pixel * DEPTH] = ((r + g + b) / 3) * LIGHTNESS_WEIGHT;
    data[pixel * DEPTH + 1] = r - g;
    data[pixel * DEPTH + 2] = b - (r + g) / 2;
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let count = 0;
      const at = (y * width + x) * DEPTH;
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++, count++) {
          const from = (row * width + column) * DEPTH;
          for (let channel = 0; channel < 3; channel++) data[at + 3 + channel] += data[from + channel];
        }
      }
      for (let channel = 3; channel < DEPTH; channel++) data[at + channel] /= count;
    }
  }
  return { data, height, width };
}

/** Squared distance of two pixels' features, of their first `depth` values. */
export function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, depth: number): number {
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += (a[i + k] - b[j + k]) ** 2;
  return sum;
}
