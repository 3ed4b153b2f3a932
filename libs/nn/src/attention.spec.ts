import { expect, it } from 'vitest';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { attention, type AttentionOptions, valueAndGrads } from './index.ts';

const make = (shape: number[], seed: number) =>
  tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 1, 'float32', seed)));
const difference = (a: Tensor, b: Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

/** Value, gradients and the largest tensor that the backward pass keeps, in numbers. */
function run(inputs: Variable[], options: AttentionOptions) {
  const [q, k, v] = inputs;
  let output: Tensor | undefined;
  const { grads } = valueAndGrads(() => {
    output = tf.keep(attention(q, k, v, options));
    return tf.sum(tf.mul(output, tf.cos(tf.range(0, output.size).reshape(output.shape)))) as Scalar;
  }, inputs);
  return { output: output!, grads: inputs.map((input) => grads.get(input.name)!) };
}

it.each<AttentionOptions & { keyHeads: number }>([
  { keyHeads: 4 },
  { keyHeads: 2, causal: true },
  { keyHeads: 1, causal: true, slidingWindow: 5 },
])('chunked equals full: %o', ({ keyHeads, ...options }) => {
  const inputs = [make([2, 4, 17, 8], 1), make([2, keyHeads, 23, 8], 2), make([2, keyHeads, 23, 8], 3)];
  const mask = tf.tidy(() => tf.greater(tf.randomUniform([2, 23], 0, 1, 'float32', 4), 0.2));
  for (const rest of [options, { ...options, mask }]) {
    const full = run(inputs, { ...rest, mode: 'full' });
    for (const chunkScores of [1, 2 * 4 * 23 * 5, 1 << 20]) {
      const chunked = run(inputs, { ...rest, mode: 'chunked', chunkScores });
      expect(difference(full.output, chunked.output)).toBeLessThan(1e-5);
      full.grads.forEach((grad, i) => expect(difference(grad, chunked.grads[i])).toBeLessThan(1e-5));
    }
  }
});

it('keeps no [heads, query, key] tensor for the backward pass when chunked', () => {
  const [batch, heads, length, headDim] = [1, 2, 256, 4];
  const inputs = [1, 2, 3].map((seed) => make([batch, heads, length, headDim], seed));
  const kept = (mode: 'full' | 'chunked') => {
    let bytes = 0;
    const before = tf.memory().numBytes;
    valueAndGrads(() => {
      const y = tf.tidy(() => attention(inputs[0], inputs[1], inputs[2], { mode, causal: true }));
      bytes = tf.memory().numBytes - before;
      return tf.sum(y) as Scalar;
    }, inputs);
    return bytes;
  };
  const pairs = batch * heads * length * length * 4;
  expect(kept('full')).toBeGreaterThan(pairs);
  expect(kept('chunked')).toBeLessThan(pairs / 8);
});

it('stays finite for a query that may look nowhere', () => {
  const inputs = [make([1, 1, 3, 4], 1), make([1, 1, 3, 4], 2), make([1, 1, 3, 4], 3)];
  const mask = tf.zeros([1, 3], 'bool');
  for (const mode of ['full', 'chunked'] as const) {
    const { output, grads } = run(inputs, { mask, mode });
    for (const tensor of [output, ...grads]) expect(tf.all(tf.isFinite(tensor)).dataSync()[0]).toBe(1);
  }
});

it('says what does not fit', () => {
  const [q, k] = [tf.zeros([1, 4, 2, 8]), tf.zeros([1, 3, 2, 8])];
  expect(() => attention(q, k, k)).toThrow('got [1,4,2,8], [1,3,2,8], [1,3,2,8]');
  expect(() => attention(q, q, q, { slidingWindow: 2 })).toThrow('slidingWindow needs causal');
  expect(() => attention(q, q, q, { mask: tf.zeros([1, 3], 'bool') })).toThrow('with 2 keys, got bool [1,3]');
});
