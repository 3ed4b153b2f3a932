import { expect, it } from 'vitest';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { fusedKernels, tf } from '@egolab/runtime';
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
  const inputs = [make([2, 17, 4, 8], 1), make([2, 23, keyHeads, 8], 2), make([2, 23, keyHeads, 8], 3)];
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
  const inputs = [1, 2, 3].map((seed) => make([batch, length, heads, headDim], seed));
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
  if (!fusedKernels) expect(kept('full')).toBeGreaterThan(pairs);
  expect(kept('chunked')).toBeLessThan(pairs / 8);
});

it('gives zeros to a query that may look nowhere, and no gradient', () => {
  const inputs = [1, 2, 3].map((seed) => make([1, 3, 1, 4], seed));
  // the second query sees two keys, the others none
  const mask = tf.tensor4d([0, 0, 0, 1, 1, 0, 0, 0, 0], [1, 1, 3, 3], 'bool');
  for (const mode of ['full', 'chunked'] as const) {
    const { output, grads } = run(inputs, { mask, mode });
    const rows = (x: Tensor) => x.reshape([3, 4]).abs().sum(1).arraySync() as number[];
    for (const x of [output, grads[0]]) expect(rows(x).map((sum) => sum > 0)).toEqual([false, true, false]);
    for (const x of grads.slice(1)) expect(rows(x).map((sum) => sum > 0)).toEqual([true, true, false]);
    const nothing = run(inputs, { mask: tf.zeros([1, 3], 'bool'), mode });
    for (const x of [nothing.output, ...nothing.grads]) expect(rows(x)).toEqual([0, 0, 0]);
  }
});

/** The definition; `allowed` bool `[batch, heads, query, key]`. */
function definition(inputs: Tensor[], allowed: Tensor): Tensor {
  const [q, k, v] = inputs.map((x) => tf.transpose(x, [0, 2, 1, 3]));
  const group = q.shape[1]! / k.shape[1]!;
  const spread = (x: Tensor) =>
    tf.reshape(tf.mul(x.expandDims(2), tf.ones([group, 1, 1])), [...q.shape.slice(0, 2), ...x.shape.slice(2)]);
  const scores = tf.mul(tf.matMul(q, spread(k), false, true), q.shape[3]! ** -0.5);
  const probabilities = tf.softmax(tf.add(scores, tf.mul(tf.sub(1, tf.cast(allowed, 'float32')), -1e30)));
  return tf.transpose(tf.matMul(probabilities, spread(v)), [0, 2, 1, 3]);
}

/** Several blocks of queries and of keys, tiles that are not full, masks of every shape. */
it.each([
  { heads: [3, 3], queries: 601, keys: 601, width: 64, mask: [1, 1, 601, 601] },
  { heads: [4, 2], queries: 530, keys: 1100, width: 20, mask: [2, 1, 1, 1100] },
  { heads: [2, 1], queries: 131, keys: 700, width: 80, mask: [2, 2, 131, 700] },
  { heads: [1, 1], queries: 1, keys: 77, width: 8, mask: [1, 1, 1, 77] },
  { heads: [2, 2], queries: 300, keys: 530, width: 33, causal: true },
])('is the definition, with its gradients: %o', ({ heads, queries, keys, width, mask, causal = false }) => {
  const inputs = [
    make([2, queries, heads[0], width], 5),
    make([2, keys, heads[1], width], 6),
    make([2, keys, heads[1], width], 7),
  ];
  tf.tidy(() => {
    const random = mask && tf.greater(tf.randomUniform(mask, 0, 1, 'float32', 8), 0.4);
    const first = tf.less(tf.range(0, keys), 1); // so that each query sees one
    const allowed = random
      ? tf.logicalOr(random, first)
      : tf
          .lessEqual(tf.range(0, keys).expandDims(0), tf.range(keys - queries, keys).expandDims(1))
          .expandDims(0)
          .expandDims(0);
    const upstream = tf.randomNormal([2, queries, heads[0], width], 0, 1, 'float32', 9);
    const gradients = (f: (x: Tensor[]) => Tensor) =>
      valueAndGrads(() => tf.sum(tf.mul(f(inputs), upstream)) as Scalar, inputs);
    const ours = gradients(([q, k, v]) =>
      attention(q, k, v, { mode: 'chunked', ...(random ? { mask: allowed } : { causal }) }),
    );
    const expected = gradients((x) => definition(x, allowed));
    const values = [attention(inputs[0], inputs[1], inputs[2], random ? { mask: allowed } : { causal }), definition(inputs, allowed)]; // prettier-ignore
    expect(difference(values[0], values[1])).toBeLessThan(5e-6);
    for (const { name } of inputs) {
      const scale = tf.max(tf.abs(expected.grads.get(name)!)).dataSync()[0];
      expect(difference(ours.grads.get(name)!, expected.grads.get(name)!) / scale).toBeLessThan(2e-6);
    }
  });
});

it('says what does not fit', () => {
  const [q, k] = [tf.zeros([1, 2, 4, 8]), tf.zeros([1, 2, 3, 8])];
  expect(() => attention(q, k, k)).toThrow('got [1,2,4,8], [1,2,3,8], [1,2,3,8]');
  expect(() => attention(q, q, q, { slidingWindow: 2 })).toThrow('slidingWindow needs causal');
  expect(() => attention(q, q, q, { mask: tf.zeros([1, 3], 'bool') })).toThrow('with 2 keys, got bool [1,3]');
});
