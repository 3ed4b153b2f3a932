import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { PATCH } from './config.ts';

const AXES = 3;
const BANDS = 2 ** AXES;

/**
 * Row: band, bits (time, height, width), 0 low and 1 high; column: one of 2 x 2 x 2 pixels in the same order. On each axis
 * low = (a + b) / sqrt 2, high = (a - b) / sqrt 2: the product of three, over 2 sqrt 2 for the level, is 1/8 of a sign.
 */
const SIGNS = Array.from({ length: BANDS }, (_, band) =>
  Array.from({ length: BANDS }, (_, pixel) => ((bitsSet(band & pixel) & 1) === 0 ? 1 : -1)),
);

function bitsSet(value: number): number {
  return value === 0 ? 0 : (value & 1) + bitsSet(value >> 1);
}

/**
 * One level of the 3D Haar transform.
 *
 * @param x `[batch, time, height, width, channel]`, sides even
 * @returns `[batch, time / 2, height / 2, width / 2, 8 channel]`: bands LLL, LLH, …, HHH (time, height, width), channels inside; LLL is the
 *   mean over 2 x 2 x 2 pixels
 */
export function haar(x: Tensor): Tensor {
  const [batch, time, height, width, channels] = x.shape;
  const space = [batch * (time! / 2), height! / 2, width! / 2];
  const pixels = tf.transpose(tf.reshape(x, [space[0], 2, space[1], 2, space[2], 2, channels!]), [0, 2, 4, 6, 1, 3, 5]);
  const bands = tf.matMul(tf.reshape(pixels, [-1, BANDS]), tf.div(tf.tensor2d(SIGNS), BANDS), false, true);
  const inner = tf.transpose(tf.reshape(bands, [-1, channels!, BANDS]), [0, 2, 1]);
  return tf.reshape(inner, [batch, time! / 2, space[1], space[2], BANDS * channels!]);
}

/** The inverse of {@link haar}. */
export function inverseHaar(y: Tensor): Tensor {
  const [batch, time, height, width, all] = y.shape;
  const channels = all! / BANDS;
  const bands = tf.transpose(tf.reshape(y, [-1, BANDS, channels]), [0, 2, 1]);
  const pixels = tf.matMul(tf.reshape(bands, [-1, BANDS]), tf.tensor2d(SIGNS));
  const inner = tf.reshape(pixels, [batch * time!, height!, width!, channels, 2, 2, 2]);
  return tf.reshape(tf.transpose(inner, [0, 4, 1, 5, 2, 6, 3]), [batch, 2 * time!, 2 * height!, 2 * width!, channels]);
}

const LEVELS = Math.log2(PATCH);

/**
 * The encoder's front end: the first frame stands for its whole patch of time, so that it has a latent of its own, then two levels of
 * wavelets.
 *
 * @param x `[batch, 1 + 4 n, height, width, channel]`, sides multiples of 4
 * @returns `[batch, 1 + n, height / 4, width / 4, 64 channel]`
 */
export function toPatches(x: Tensor): Tensor {
  const [batch, time, height, width, channels] = x.shape;
  if ((time! - 1) % PATCH !== 0 || height! % PATCH !== 0 || width! % PATCH !== 0)
    throw new Error(
      `wavelets: expected 1 + ${PATCH} n frames and sides that are multiples of ${PATCH}, got [${x.shape}]`,
    );
  const first = tf.slice(x, [0, 0, 0, 0, 0], [batch, 1, height!, width!, channels!]);
  let y: Tensor = tf.concat([...Array<Tensor>(PATCH - 1).fill(first), x], 1);
  for (let i = 0; i < LEVELS; i++) y = haar(y);
  return y;
}

/** The inverse of {@link toPatches}; of the first patch of time its last frame is kept. */
export function fromPatches(y: Tensor): Tensor {
  for (let i = 0; i < LEVELS; i++) y = inverseHaar(y);
  const [batch, time, height, width, channels] = y.shape;
  return tf.slice(y, [0, PATCH - 1, 0, 0, 0], [batch, time! - PATCH + 1, height!, width!, channels!]);
}
