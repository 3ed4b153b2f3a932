import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';

export interface AttentionOptions {
  /** Boolean, true where a query may look: `[batch, key]`, or `[batch | 1, heads | 1, query | 1, key]`. */
  mask?: Tensor;
  /** Query i sees keys up to its own; with more keys than queries, the queries are the last ones (a key-value cache). */
  causal?: boolean;
  /** Factor of the scores; default headDim^-0.5. */
  scale?: number;
  /** With `causal`: a query sees that many keys, its own included. */
  slidingWindow?: number | null;
  /** 'full' keeps the probabilities `[batch, heads, query, key]` for the backward pass, 'chunked' computes them again. */
  mode?: 'full' | 'chunked';
  /** With 'chunked': the largest number of scores computed at a time. */
  chunkScores?: number;
}

/** Score of a forbidden pair; finite, so that a query that may look nowhere stays a number. */
const FORBIDDEN = -1e30;

interface Problem {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  keyHeads: number;
  headDim: number;
  scale: number;
  causal: boolean;
  slidingWindow: number | null;
}

/** A run of queries, and the keys that any of them may see. */
interface Chunk {
  firstQuery: number;
  numQueries: number;
  firstKey: number;
  numKeys: number;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017), grouped-query when `k` and `v` have fewer heads (Ainslie et al. 2023).
 *
 * @param q `[batch, heads, query, headDim]`
 * @param k `[batch, keyHeads, key, headDim]`, keyHeads divides heads
 * @param v as `k`
 * @returns `[batch, heads, query, headDim]`
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const problem = describe(q, k, v, options);
  const mask = options.mask && broadcastable(options.mask, problem);
  const chunks = options.mode === 'chunked' ? queryChunks(problem, options.chunkScores) : [wholeOf(problem)];
  const inputs = { q, k, v };
  if (options.mode !== 'chunked') {
    return differentiable({
      name: 'attention',
      inputs,
      forward: () => {
        const probabilities = tf.softmax(scores(problem, chunks[0], q, k, mask));
        return { value: mix(problem, chunks[0], probabilities, v), saved: { q, k, v, probabilities } };
      },
      backward: (dy, { q, k, v, probabilities }) => gradients(problem, chunks[0], { q, k, v, dy, probabilities }),
    });
  }
  return differentiable({
    name: 'chunkedAttention',
    inputs,
    forward: () => {
      const parts = chunks.map((chunk) => tf.tidy(() => forwardChunk(problem, chunk, q, k, v, mask)));
      const value = concatenate(parts.map((part) => part.value));
      const logSumExp = concatenate(parts.map((part) => part.logSumExp));
      const saved: Record<string, Tensor> = { q, k, v, value, logSumExp };
      return { value, saved: mask ? { ...saved, mask } : saved };
    },
    backward: (dy, { q, k, v, value, logSumExp, mask }) => {
      let total: Record<'q' | 'k' | 'v', Tensor> | undefined;
      const compute = () => (total ??= chunkedGradients(problem, chunks, { q, k, v, value, logSumExp, mask, dy }));
      return { q: () => compute().q, k: () => compute().k, v: () => compute().v };
    },
  });
}

function describe(q: Tensor, k: Tensor, v: Tensor, { causal = false, scale, slidingWindow = null }: AttentionOptions): Problem {
  const [batch, heads, queries, headDim] = q.shape;
  const [, keyHeads, keys] = k.shape;
  const expected = String([batch, keyHeads, keys, headDim]);
  if (q.rank !== 4 || String(k.shape) !== expected || String(v.shape) !== expected || heads % keyHeads !== 0) {
    throw new Error(
      `attention: expected q [batch, heads, query, headDim] and k, v [batch, a divisor of heads, key, headDim], got [${q.shape}], [${k.shape}], [${v.shape}]`,
    );
  }
  if (slidingWindow !== null && !causal) throw new Error('attention: slidingWindow needs causal');
  return { batch, heads, queries, keys, keyHeads, headDim, scale: scale ?? headDim ** -0.5, causal, slidingWindow };
}

function broadcastable(mask: Tensor, { batch, keys }: Problem): Tensor {
  if (mask.dtype !== 'bool' || mask.shape.at(-1) !== keys || (mask.rank !== 2 && mask.rank !== 4)) {
    throw new Error(`attention: expected a bool mask [batch, key] or [batch, heads, query, key] with ${keys} keys, got ${mask.dtype} [${mask.shape}]`);
  }
  return mask.rank === 2 ? tf.reshape(mask, [batch, 1, 1, keys]) : mask;
}

const wholeOf = ({ queries, keys }: Problem): Chunk => ({ firstQuery: 0, numQueries: queries, firstKey: 0, numKeys: keys });

function queryChunks({ batch, heads, queries, keys, causal, slidingWindow }: Problem, chunkScores = 1 << 22): Chunk[] {
  const size = Math.max(1, Math.min(queries, Math.floor(chunkScores / (batch * heads * keys))));
  const chunks: Chunk[] = [];
  for (let firstQuery = 0; firstQuery < queries; firstQuery += size) {
    const numQueries = Math.min(size, queries - firstQuery);
    const past = keys - queries; // keys before the first query
    const end = causal ? Math.max(1, past + firstQuery + numQueries) : keys;
    const firstKey = slidingWindow === null ? 0 : Math.min(end - 1, Math.max(0, past + firstQuery - slidingWindow + 1));
    chunks.push({ firstQuery, numQueries, firstKey, numKeys: end - firstKey });
  }
  return chunks;
}

/** Masked, scaled scores of a chunk, `[batch, heads, numQueries, numKeys]`. */
function scores(problem: Problem, chunk: Chunk, q: Tensor, k: Tensor, mask?: Tensor): Tensor {
  const { batch, heads, scale } = problem;
  const { numQueries, numKeys } = chunk;
  const product = tf.matMul(tf.mul(grouped(problem, chunk, q), scale), keysOf(problem, chunk, k), false, true);
  const raw = tf.reshape(product, [batch, heads, numQueries, numKeys]);
  const allowed = allowedPairs(problem, chunk, mask);
  return allowed ? tf.where(allowed, raw, tf.fill([1, 1, 1, 1], FORBIDDEN)) : raw;
}

/** The chunk's queries with the heads of one group side by side: `[batch, keyHeads, group * numQueries, headDim]`. */
function grouped({ batch, heads, keyHeads, headDim, queries }: Problem, { firstQuery, numQueries }: Chunk, x: Tensor): Tensor {
  const part = numQueries === queries ? x : tf.slice(x, [0, 0, firstQuery, 0], [batch, heads, numQueries, headDim]);
  return tf.reshape(part, [batch, keyHeads, (heads / keyHeads) * numQueries, headDim]);
}

function keysOf({ batch, keyHeads, headDim, keys }: Problem, { firstKey, numKeys }: Chunk, x: Tensor): Tensor {
  return numKeys === keys ? x : tf.slice(x, [0, 0, firstKey, 0], [batch, keyHeads, numKeys, headDim]);
}

/** Which pairs of a chunk may be looked at, broadcastable to its scores; undefined when all may. */
function allowedPairs({ queries, keys, causal, slidingWindow }: Problem, chunk: Chunk, mask?: Tensor): Tensor | undefined {
  const { firstQuery, numQueries, firstKey, numKeys } = chunk;
  const parts: Tensor[] = [];
  if (causal) {
    const first = keys - queries + firstQuery;
    const query = tf.reshape(tf.range(first, first + numQueries, 1, 'int32'), [1, 1, numQueries, 1]);
    const key = tf.reshape(tf.range(firstKey, firstKey + numKeys, 1, 'int32'), [1, 1, 1, numKeys]);
    parts.push(tf.lessEqual(key, query));
    if (slidingWindow !== null) parts.push(tf.greater(key, tf.sub(query, slidingWindow)));
  }
  if (mask) {
    const [b, h, q] = mask.shape;
    parts.push(tf.slice(mask, [0, 0, q === 1 ? 0 : firstQuery, firstKey], [b, h, q === 1 ? 1 : numQueries, numKeys]));
  }
  return parts.length === 0 ? undefined : parts.reduce((both, part) => tf.logicalAnd(both, part));
}

/** Probabilities times values, `[batch, heads, numQueries, headDim]`. */
function mix(problem: Problem, chunk: Chunk, probabilities: Tensor, v: Tensor): Tensor {
  const { batch, heads, keyHeads, headDim } = problem;
  const { numQueries, numKeys } = chunk;
  const stacked = tf.reshape(probabilities, [batch, keyHeads, (heads / keyHeads) * numQueries, numKeys]);
  return tf.reshape(tf.matMul(stacked, keysOf(problem, chunk, v)), [batch, heads, numQueries, headDim]);
}

function forwardChunk(problem: Problem, chunk: Chunk, q: Tensor, k: Tensor, v: Tensor, mask?: Tensor) {
  const s = scores(problem, chunk, q, k, mask);
  const logSumExp = tf.logSumExp(s, -1, true);
  return { value: mix(problem, chunk, tf.exp(tf.sub(s, logSumExp)), v), logSumExp };
}

/** Gradients of a chunk by its own probabilities: for its queries, and its share for the keys and values that it sees. */
function gradients(problem: Problem, chunk: Chunk, { q, k, v, dy, probabilities }: Record<'q' | 'k' | 'v' | 'dy' | 'probabilities', Tensor>) {
  const { batch, heads, keyHeads, headDim, scale } = problem;
  const { numQueries, numKeys } = chunk;
  const rows = (heads / keyHeads) * numQueries;
  const stacked = tf.reshape(probabilities, [batch, keyHeads, rows, numKeys]);
  const dyRows = grouped(problem, chunk, dy);
  let ds: Tensor | undefined;
  const scoreGradient = () => {
    if (ds) return ds;
    const dp = tf.matMul(dyRows, keysOf(problem, chunk, v), false, true);
    ds = tf.mul(stacked, tf.sub(dp, tf.sum(tf.mul(dp, stacked), -1, true)));
    return ds;
  };
  return {
    q: () => tf.reshape(tf.mul(tf.matMul(scoreGradient(), keysOf(problem, chunk, k)), scale), [batch, heads, numQueries, headDim]),
    k: () => tf.mul(tf.matMul(scoreGradient(), grouped(problem, chunk, q), true, false), scale),
    v: () => tf.matMul(stacked, dyRows, true, false),
  };
}

interface Saved {
  q: Tensor;
  k: Tensor;
  v: Tensor;
  value: Tensor;
  logSumExp: Tensor;
  mask?: Tensor;
  dy: Tensor;
}

function chunkedGradients(problem: Problem, chunks: Chunk[], { q, k, v, logSumExp, mask, dy }: Saved) {
  const { batch, heads, keys } = problem;
  const dqs: Tensor[] = [];
  let dk: Tensor | undefined;
  let dv: Tensor | undefined;
  for (const chunk of chunks) {
    const spread = (x: Tensor) => tf.pad(x, [[0, 0], [0, 0], [chunk.firstKey, keys - chunk.firstKey - chunk.numKeys], [0, 0]]);
    [dqs[dqs.length], dk, dv] = tf.tidy(() => {
      const lse = tf.slice(logSumExp, [0, 0, chunk.firstQuery, 0], [batch, heads, chunk.numQueries, 1]);
      const probabilities = tf.exp(tf.sub(scores(problem, chunk, q, k, mask), lse));
      const part = gradients(problem, chunk, { q, k, v, dy, probabilities });
      const [partK, partV] = [spread(part.k()), spread(part.v())];
      return [part.q(), dk ? tf.add(dk, partK) : partK, dv ? tf.add(dv, partV) : partV];
    });
  }
  return { q: concatenate(dqs), k: dk!, v: dv! };
}

const concatenate = (parts: Tensor[]) => (parts.length === 1 ? parts[0] : tf.concat(parts, 2));
