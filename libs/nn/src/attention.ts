import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { fusedKernels, tf } from '@egolab/runtime';
import { keysOf, looksSomewhere, mix, queriesOf, queryChunks, scores, stacked } from './attention-scores.ts';
import type { Chunk, Operands, Problem } from './attention-scores.ts';
import { differentiable } from './differentiable.ts';
import { fusedAttention } from './fused-attention.ts';
import { batchMatMul, fromPrecision, toPrecision } from './operands.ts';
import { precision } from './precision.ts';

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

/**
 * Scaled dot-product attention (Vaswani et al. 2017), grouped-query when `k` and `v` have fewer heads (Ainslie et al. 2023). A query
 * that may look nowhere gets zeros. On CPU it is one float32 kernel, whatever the precision and the mode: nothing of
 * `[batch, heads, query, key]` is ever a tensor there. The rest of this page is what other devices run.
 *
 * @param q `[batch, query, heads, headDim]`, as a linear layer gives them
 * @param k `[batch, key, keyHeads, headDim]`, keyHeads divides heads
 * @param v as `k`
 * @returns `[batch, query, heads, headDim]`
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const problem = describe(q, k, v, options);
  const mask = options.mask && broadcastable(options.mask, problem);
  if (fusedKernels) return fusedAttention(problem, { q, k, v }, mask);
  const byHead = (x: Tensor) => tf.transpose(x, [0, 2, 1, 3]);
  const inputs = { q: byHead(q), k: byHead(k), v: byHead(v) };
  return byHead(
    options.mode === 'chunked' ? chunked(problem, inputs, mask, options.chunkScores) : full(problem, inputs, mask),
  );
}

function describe(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false, scale, slidingWindow = null }: AttentionOptions,
): Problem {
  const [batch, queries, heads, headDim] = q.shape;
  const [, keys, keyHeads] = k.shape;
  const expected = String([batch, keys, keyHeads, headDim]);
  if (q.rank !== 4 || String(k.shape) !== expected || String(v.shape) !== expected || heads % keyHeads !== 0) {
    throw new Error(
      `attention: expected q [batch, query, heads, headDim] and k, v [batch, key, a divisor of heads, headDim], got [${q.shape}], [${k.shape}], [${v.shape}]`,
    );
  }
  if (slidingWindow !== null && !causal) throw new Error('attention: slidingWindow needs causal');
  if (causal && keys < queries)
    throw new Error(`attention: causal needs a key for each query, got ${queries} queries and ${keys} keys`);
  return {
    batch,
    heads,
    queries,
    keys,
    keyHeads,
    headDim,
    scale: scale ?? headDim ** -0.5,
    causal,
    slidingWindow,
    precision: precision(),
  };
}

function broadcastable(mask: Tensor, { batch, keys }: Problem): Tensor {
  if (mask.dtype !== 'bool' || mask.shape.at(-1) !== keys || (mask.rank !== 2 && mask.rank !== 4)) {
    throw new Error(
      `attention: expected a bool mask [batch, key] or [batch, heads, query, key] with ${keys} keys, got ${mask.dtype} [${mask.shape}]`,
    );
  }
  return mask.rank === 2 ? tf.reshape(mask, [batch, 1, 1, keys]) : mask;
}

function operands({ scale, precision }: Problem, { q, k, v }: Operands): Operands {
  return { q: toPrecision(tf.mul(q, scale), precision), k: toPrecision(k, precision), v: toPrecision(v, precision) };
}

function full(problem: Problem, inputs: Operands, mask?: Tensor): Tensor {
  const { precision, queries, keys } = problem;
  const whole: Chunk = { firstQuery: 0, numQueries: queries, firstKey: 0, numKeys: keys };
  return differentiable<Record<string, Tensor>>({
    name: 'attention',
    inputs: { ...inputs },
    forward: () => {
      const { q, k, v } = operands(problem, inputs);
      const probabilities = toPrecision(softmax(scores(problem, whole, { q, k, v }, mask), mask), precision);
      return { value: mix(problem, whole, probabilities, v), saved: { q, k, v, probabilities } };
    },
    backward: (dy, { q, k, v, probabilities }) => {
      let all: Operands | undefined;
      const compute = () => (all ??= gradients(problem, whole, { q, k, v }, probabilities, toPrecision(dy, precision)));
      return { q: () => compute().q, k: () => compute().k, v: () => compute().v };
    },
  });
}

function softmax(s: Tensor, mask?: Tensor): Tensor {
  const probabilities = tf.softmax(s);
  return mask ? tf.mul(probabilities, tf.cast(looksSomewhere(tf.max(s, -1, true)), 'float32')) : probabilities;
}

/** FlashAttention's bookkeeping (Dao et al. 2022): each query's log-normaliser is kept, and the probabilities are computed again from it. */
function chunked(problem: Problem, inputs: Operands, mask: Tensor | undefined, chunkScores = 1 << 22): Tensor {
  const chunks = queryChunks(problem, chunkScores);
  return differentiable<Record<string, Tensor>>({
    name: 'chunkedAttention',
    inputs: { ...inputs },
    forward: () => {
      const { q, k, v } = operands(problem, inputs);
      const parts = chunks.map((chunk) => tf.tidy(() => forwardChunk(problem, chunk, { q, k, v }, mask)));
      const logNormalizer = concatenate(parts.map((part) => part.logNormalizer));
      const value = concatenate(parts.map((part) => part.value));
      return { value, saved: { q, k, v, logNormalizer, ...(mask ? { mask } : {}) } };
    },
    backward: (dy, { q, k, v, logNormalizer, mask }) => {
      let all: Operands | undefined;
      const compute = () => (all ??= chunkedGradients(problem, chunks, { q, k, v }, logNormalizer, dy, mask));
      return { q: () => compute().q, k: () => compute().k, v: () => compute().v };
    },
  });
}

function forwardChunk(
  problem: Problem,
  chunk: Chunk,
  inputs: Operands,
  mask?: Tensor,
): { value: Tensor; logNormalizer: Tensor } {
  const s = scores(problem, chunk, inputs, mask);
  const largest = tf.max(s, -1, true);
  const weights = tf.exp(tf.sub(s, largest));
  s.dispose();
  const sum = tf.sum(weights, -1, true);
  const normalizer = mask ? tf.where(looksSomewhere(largest), sum, Infinity) : sum;
  const mixed = mix(problem, chunk, toPrecision(weights, problem.precision), inputs.v);
  return { value: tf.div(mixed, normalizer), logNormalizer: tf.add(largest, tf.log(normalizer)) };
}

/**
 * Gradients of a chunk: for its queries, and its share for the keys and values that it sees.
 *
 * @param probabilities `[batch, heads, numQueries, numKeys]` in the problem's precision, as `dy`
 */
function gradients(problem: Problem, chunk: Chunk, { q, k, v }: Operands, probabilities: Tensor, dy: Tensor): Operands {
  const { batch, heads, headDim, scale, precision } = problem;
  const [keys, values, queries, upstream] = [
    keysOf(problem, chunk, k),
    keysOf(problem, chunk, v),
    queriesOf(problem, chunk, q),
    queriesOf(problem, chunk, dy),
  ];
  const weights = stacked(problem, chunk, probabilities);
  const dv = fromPrecision(batchMatMul(weights, upstream, precision, { a: true }), precision);
  const ds = tf.tidy(() => {
    const dp = fromPrecision(batchMatMul(upstream, values, precision, { b: true }), precision);
    const p = precision === 'float32' ? weights : fromPrecision(tf.clone(weights), precision);
    return toPrecision(tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), -1, true))), precision);
  });
  const dq = tf.mul(fromPrecision(batchMatMul(ds, keys, precision), precision), scale);
  // q carries the scale already
  const dk = fromPrecision(batchMatMul(ds, queries, precision, { a: true }), precision);
  ds.dispose();
  return { q: tf.reshape(dq, [batch, heads, chunk.numQueries, headDim]), k: dk, v: dv };
}

function chunkedGradients(
  problem: Problem,
  chunks: Chunk[],
  inputs: Operands,
  logNormalizer: Tensor,
  dy: Tensor,
  mask?: Tensor,
): Operands {
  const { batch, heads, keys, precision } = problem;
  const upstream = toPrecision(dy, precision);
  const dq: Tensor[] = [];
  let [dk, dv]: (Tensor | undefined)[] = [];
  for (const chunk of chunks) {
    const part = tf.tidy(() => {
      const normalizer = tf.slice(logNormalizer, [0, 0, chunk.firstQuery, 0], [batch, heads, chunk.numQueries, 1]);
      const probabilities = toPrecision(tf.exp(tf.sub(scores(problem, chunk, inputs, mask), normalizer)), precision);
      return { ...gradients(problem, chunk, inputs, probabilities, upstream) };
    });
    dq.push(part.q);
    dk = addAt(dk, part.k, chunk, keys);
    dv = addAt(dv, part.v, chunk, keys);
  }
  return { q: concatenate(dq), k: dk!, v: dv! };
}

/** Add a chunk's share to the sum over all keys. */
function addAt(sum: Tensor | undefined, share: Tensor, { firstKey, numKeys }: Chunk, keys: number): Tensor {
  const whole =
    numKeys === keys
      ? share
      : tf.pad(share, [
          [0, 0],
          [0, 0],
          [firstKey, keys - firstKey - numKeys],
          [0, 0],
        ]);
  if (!sum) return whole;
  const next = tf.add(sum, whole);
  tf.dispose([sum, whole, share]);
  return next;
}

/** Along the queries. */
const concatenate = (parts: Tensor[]) => (parts.length === 1 ? parts[0] : tf.concat(parts, 2));
