import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** Channel mean and standard deviation of CLIP's training images, on the 0..1 scale (OpenAI CLIP, `CLIPImageProcessor`). */
export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
export const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];

export interface PixelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export const pixelStatisticsNames = ['clip', 'lavila'] as const;

/**
 * By which statistics pixels are normalised. LaViLa's, which AVION and EgoDTM took over, have a slip in the mean of red:
 * 0.48145466 x 225 in place of x 255. Their weights and numbers come with it.
 */
export const PIXEL_STATISTICS: Record<(typeof pixelStatisticsNames)[number], PixelStatistics> = {
  clip: { mean: CLIP_MEAN, std: CLIP_STD },
  lavila: {
    mean: [108.3272985, 116.7460125, 104.09373615].map((value) => value / 255),
    std: [68.5005327, 66.6321579, 70.32316305].map((value) => value / 255),
  },
};

/**
 * 8-bit RGB to what CLIP's vision tower reads: (value / 255 - mean) / std per channel.
 *
 * @param rgb values 0..255, `[..., height, width, 3]`
 * @returns float32, same shape
 */
export function normalizePixels(rgb: Tensor, { mean, std }: PixelStatistics = PIXEL_STATISTICS.clip): Tensor {
  if (rgb.shape.at(-1) !== 3) throw new Error(`normalizePixels: expected [..., height, width, 3], got [${rgb.shape}]`);
  return tf.tidy(() => {
    const scale = tf.tensor1d(std.map((deviation) => 1 / (255 * deviation)));
    const offset = tf.tensor1d(mean.map((value, channel) => value / std[channel]));
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
  statistics: PixelStatistics = PIXEL_STATISTICS.clip,
): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = new Float32Array(clips.length * size);
  clips.forEach((clip, i) => {
    if (clip.length !== size)
      throw new Error(`pixelsFromClips: expected ${size} bytes for [${shape}], got ${clip.length}`);
    values.set(clip, i * size);
  });
  return tf.tidy(() => normalizePixels(tf.tensor(values, [clips.length, ...shape]), statistics));
}
