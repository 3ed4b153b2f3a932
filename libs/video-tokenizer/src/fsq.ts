import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { differentiable } from '@egolab/nn';
import { tf } from '@egolab/runtime';

/** Widens the range a little, so that the outermost values are reached. */
const MARGIN = 1e-3;

/** Codes of the codebook. */
export function codebookSize(levels: readonly number[]): number {
  return levels.reduce((product, level) => product * level, 1);
}

/** Index of a code's first number that differs, for each number: the first number counts fastest. */
function basis(levels: readonly number[]): number[] {
  return levels.map((_, i) => codebookSize(levels.slice(0, i)));
}

const halfWidths = (levels: readonly number[]) => levels.map((level) => Math.floor(level / 2));

/** f(z) of Mentzer et al. 2023, section 3.1: tanh(z + shift) half - offset, `level` integers wide once rounded. */
function bound(z: Tensor, levels: readonly number[]): Tensor {
  const half = levels.map((level) => ((level - 1) * (1 + MARGIN)) / 2);
  const offset = levels.map((level) => (level % 2 === 0 ? 0.5 : 0));
  const shift = half.map((each, i) => Math.atanh(offset[i] / each));
  return tf.sub(tf.mul(tf.tanh(tf.add(z, tf.tensor1d(shift))), tf.tensor1d(half)), tf.tensor1d(offset));
}

/** Rounding to nearest even whose gradient is that of the identity. */
function roundStraightThrough(x: Tensor): Tensor {
  return differentiable({
    name: 'roundStraightThrough',
    inputs: { x },
    forward: () => ({ value: tf.round(x), saved: {} }),
    backward: (dy) => ({ x: () => dy }),
  });
}

/**
 * Finite scalar quantisation (Mentzer et al. 2023): each number of a latent is bounded and rounded to one of its levels.
 *
 * @param z `[..., number]`, as many numbers as levels, float32
 * @returns `[..., number]` in [-1, 1]: multiples of 1 / floor(level / 2)
 */
export function finiteScalarQuantize(z: Tensor, levels: readonly number[]): Tensor {
  if (z.shape.at(-1) !== levels.length)
    throw new Error(`fsq: expected ${levels.length} numbers a latent, got [${z.shape}]`);
  return tf.div(roundStraightThrough(bound(z, levels)), tf.tensor1d(halfWidths(levels)));
}

/** Codes `[..., number]` to their numbers in the codebook, int32 `[...]`. Whole numbers below 2^24: float32 is exact here, bfloat16 wouldn't be. */
export function codesToIndices(codes: Tensor, levels: readonly number[]): Tensor {
  const half = tf.tensor1d(halfWidths(levels));
  const digits = tf.round(tf.add(tf.mul(codes, half), half));
  return tf.cast(tf.sum(tf.mul(digits, tf.tensor1d(basis(levels))), -1), 'int32');
}

/** The inverse of {@link codesToIndices}: int32 `[...]` to `[..., number]`. */
export function indicesToCodes(indices: Tensor, levels: readonly number[]): Tensor {
  const half = tf.tensor1d(halfWidths(levels));
  const quotients = tf.floorDiv(tf.expandDims(indices, -1), tf.tensor1d(basis(levels), 'int32'));
  const digits = tf.cast(tf.mod(quotients, tf.tensor1d([...levels], 'int32')), 'float32');
  return tf.div(tf.sub(digits, half), half);
}
