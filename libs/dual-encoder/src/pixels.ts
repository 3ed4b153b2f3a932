import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** Channel mean and standard deviation of CLIP's training images, on the 0..1 scale (OpenAI CLIP, `CLIPImageProcessor`). */
export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
export const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];

/**
 * 8-bit RGB to what CLIP's vision tower reads: (value / 255 - mean) / std per channel.
 *
 * @param rgb values 0..255, `[..., height, width, 3]`
 * @returns float32, same shape
 */
export function normalizePixels(rgb: Tensor): Tensor {
  if (rgb.shape.at(-1) !== 3) throw new Error(`normalizePixels: expected [..., height, width, 3], got [${rgb.shape}]`);
  return tf.tidy(() => {
    const scale = tf.tensor1d(CLIP_STD.map((std) => 1 / (255 * std)));
    const offset = tf.tensor1d(CLIP_MEAN.map((mean, channel) => mean / CLIP_STD[channel]));
    return rgb.toFloat().mul(scale).sub(offset);
  });
}

/** Decoded frames (row-major `shape` ending in 3) as CLIP pixels. */
export function pixelsFromBytes(data: Uint8Array, shape: number[]): Tensor {
  return tf.tidy(() => normalizePixels(tf.tensor(new Float32Array(data), shape)));
}

/**
 * A batch of decoded clips as CLIP pixels.
 *
 * @param clips each `[time, height, width, 3]`, of one shape
 * @returns `[batch, time, height, width, 3]`
 */
export function pixelsFromClips(
  clips: readonly Uint8Array[],
  shape: [time: number, height: number, width: number, channels: 3],
): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = new Float32Array(clips.length * size);
  clips.forEach((clip, i) => {
    if (clip.length !== size)
      throw new Error(`pixelsFromClips: expected ${size} bytes for [${shape}], got ${clip.length}`);
    values.set(clip, i * size);
  });
  return tf.tidy(() => normalizePixels(tf.tensor(values, [clips.length, ...shape])));
}
