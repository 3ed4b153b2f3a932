import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { batchMatMul, fromPrecision, reshaped, sliced } from './operands.ts';
import type { Precision } from './precision.ts';

/** Sizes and rules of one attention. */
export interface Problem {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  keyHeads: number;
  headDim: number;
  scale: number;
  causal: boolean;
  slidingWindow: number | null;
  precision: Precision;
}

/** A run of queries, and the keys that any of them may see. */
export interface Chunk {
  firstQuery: number;
  numQueries: number;
  firstKey: number;
  numKeys: number;
}

/** Queries (scaled), keys and values, in the problem's precision. */
export interface Operands {
  q: Tensor;
  k: Tensor;
  v: Tensor;
}

/** Added to the score of a forbidden pair; finite, so that a query that may look nowhere stays a number. */
const FORBIDDEN = -1e30;

/** Of each query, by its largest score, whether there is a key that it may see. */
export const looksSomewhere = (largest: Tensor): Tensor => tf.greater(largest, FORBIDDEN / 2);

export function queryChunks(
  { batch, heads, queries, keys, causal, slidingWindow }: Problem,
  chunkScores: number,
): Chunk[] {
  const size = Math.max(1, Math.min(queries, Math.floor(chunkScores / (batch * heads * keys))));
  const past = keys - queries; // keys before the first query
  return Array.from({ length: Math.ceil(queries / size) }, (_, i) => {
    const firstQuery = i * size;
    const numQueries = Math.min(size, queries - firstQuery);
    const end = causal ? past + firstQuery + numQueries : keys;
    const firstKey = slidingWindow === null ? 0 : Math.max(0, past + firstQuery - slidingWindow + 1);
    return { firstQuery, numQueries, firstKey, numKeys: end - firstKey };
  });
}

/** The chunk's queries with the heads of one group side by side: `[batch, keyHeads, group * numQueries, headDim]`. */
export function queriesOf(problem: Problem, chunk: Chunk, x: Tensor): Tensor {
  const { batch, heads, keyHeads, headDim, precision } = problem;
  const { firstQuery, numQueries } = chunk;
  const part = sliced(x, [0, 0, firstQuery, 0], [batch, heads, numQueries, headDim], precision);
  return heads === keyHeads
    ? part
    : reshaped(part, [batch, keyHeads, (heads / keyHeads) * numQueries, headDim], precision);
}

/** The keys (or values) that the chunk sees: `[batch, keyHeads, numKeys, headDim]`. */
export function keysOf(
  { batch, keyHeads, headDim, precision }: Problem,
  { firstKey, numKeys }: Chunk,
  x: Tensor,
): Tensor {
  return sliced(x, [0, 0, firstKey, 0], [batch, keyHeads, numKeys, headDim], precision);
}

/** Masked scores of a chunk, float32 `[batch, heads, numQueries, numKeys]`. */
export function scores(problem: Problem, chunk: Chunk, { q, k }: Operands, mask?: Tensor): Tensor {
  const { batch, heads, precision } = problem;
  const product = batchMatMul(queriesOf(problem, chunk, q), keysOf(problem, chunk, k), precision, { b: true });
  const raw = tf.reshape(fromPrecision(product, precision), [batch, heads, chunk.numQueries, chunk.numKeys]);
  const bias = forbiddenBias(problem, chunk, mask);
  return bias ? tf.add(raw, bias) : raw;
}

/** 0 for the pairs of a chunk that may be looked at, broadcastable to its scores; undefined when all may. */
function forbiddenBias(
  { queries, keys, causal, slidingWindow }: Problem,
  chunk: Chunk,
  mask?: Tensor,
): Tensor | undefined {
  const { firstQuery, numQueries, firstKey, numKeys } = chunk;
  const allowed: Tensor[] = [];
  if (causal) {
    const first = keys - queries + firstQuery;
    const query = tf.reshape(tf.range(first, first + numQueries, 1, 'int32'), [1, 1, numQueries, 1]);
    const key = tf.reshape(tf.range(firstKey, firstKey + numKeys, 1, 'int32'), [1, 1, 1, numKeys]);
    allowed.push(tf.lessEqual(key, query));
    if (slidingWindow !== null) allowed.push(tf.greater(key, tf.sub(query, slidingWindow)));
  }
  if (mask) {
    const [b, h, q] = mask.shape;
    allowed.push(tf.slice(mask, [0, 0, q === 1 ? 0 : firstQuery, firstKey], [b, h, q === 1 ? 1 : numQueries, numKeys]));
  }
  if (allowed.length === 0) return undefined;
  const forbidden = tf.logicalNot(allowed.reduce((both, part) => tf.logicalAnd(both, part)));
  return tf.mul(tf.cast(forbidden, 'float32'), FORBIDDEN);
}

/** Probabilities (in the problem's precision) times values: float32 `[batch, heads, numQueries, headDim]`. */
export function mix(problem: Problem, chunk: Chunk, probabilities: Tensor, v: Tensor): Tensor {
  const { batch, heads, headDim, precision } = problem;
  const product = batchMatMul(stacked(problem, chunk, probabilities), keysOf(problem, chunk, v), precision);
  return tf.reshape(fromPrecision(product, precision), [batch, heads, chunk.numQueries, headDim]);
}

/** A chunk's `[batch, heads, numQueries, numKeys]` with the heads of one group side by side. */
export function stacked(problem: Problem, { numQueries, numKeys }: Chunk, x: Tensor): Tensor {
  const { batch, heads, keyHeads, precision } = problem;
  return heads === keyHeads ? x : reshaped(x, [batch, keyHeads, (heads / keyHeads) * numQueries, numKeys], precision);
}
