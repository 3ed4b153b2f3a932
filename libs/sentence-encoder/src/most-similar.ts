import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, nativeOp, tf } from '@egolab/runtime';

/** Embeddings of some texts, unit length: float32 `[text, width]`, row-major. */
export interface Embeddings {
  readonly width: number;
  readonly data: Float32Array;
}

/**
 * Similarities are compared after rounding to so many decimals: two texts are ordered by their similarity only where it
 * differs by more than float32 arithmetic can invent (about 1e-6); else by their index.
 */
export const SIMILARITY_DECIMALS = 4;
const SCALE = 10 ** SIMILARITY_DECIMALS;

/** Similarities computed at a time. */
const DEFAULT_BLOCK = 1 << 23;

export interface MostSimilarOptions {
  /** how many candidates a query gets at most */
  readonly k: number;
  /** candidates that a query may have; default all */
  readonly allowed?: (query: number, candidate: number) => boolean;
  /** similarities held in memory at a time; changes nothing but time and memory */
  readonly block?: number;
}

/**
 * For each query the indices of the `k` most similar candidates, the most similar first; of equally similar ones (see
 * {@link SIMILARITY_DECIMALS}) the one of lower index first. Found blockwise in float32; what could be among the first `k`
 * is computed again in float64, in one fixed order, so that the block size has no influence.
 *
 * @returns per query at most `k` indices, fewer where fewer are allowed
 */
export function mostSimilar(queries: Embeddings, candidates: Embeddings, options: MostSimilarOptions): number[][] {
  const { width } = queries;
  if (candidates.width !== width) throw new Error(`mostSimilar: expected width ${width}, got ${candidates.width}`);
  const [numQueries, numCandidates] = [queries.data.length / width, candidates.data.length / width];
  if (numCandidates === 0) return Array.from({ length: numQueries }, () => []);
  const rows = Math.max(1, Math.floor((options.block ?? DEFAULT_BLOCK) / numCandidates));
  const table = tf.tensor2d(candidates.data, [numCandidates, width]);
  const found: number[][] = [];
  try {
    for (let first = 0; first < numQueries; first += rows) {
      const count = Math.min(rows, numQueries - first);
      const part = queries.data.subarray(first * width, (first + count) * width);
      const similarities = products(part, table);
      for (let row = 0; row < count; row++) {
        const values = similarities.subarray(row * numCandidates, (row + 1) * numCandidates);
        found.push(ranked(first + row, values, queries, candidates, options));
      }
    }
  } finally {
    table.dispose();
  }
  return found;
}

/** Dot products with every row of the table, `[rows, candidates]`. */
function products(rows: Float32Array, table: Tensor): Float32Array {
  const attributes = [
    attribute.type('T', 'float32'),
    attribute.bool('transpose_a', false),
    attribute.bool('transpose_b', true),
  ];
  const width = table.shape[1]!;
  const result = tf.tidy(() =>
    nativeOp('MatMul', attributes, [tf.tensor2d(rows, [rows.length / width, width]), table]),
  );
  const values = result.dataSync<'float32'>(); // not inside tidy, which looks for tensors in each number that it returns
  result.dispose();
  return values;
}

/** The first `k` of one query. */
function ranked(
  query: number,
  similarities: Float32Array,
  queries: Embeddings,
  candidates: Embeddings,
  { k, allowed = () => true }: MostSimilarOptions,
): number[] {
  const limit = kthLargest(similarities, k, (candidate) => allowed(query, candidate)) - 2 / SCALE;
  const near: { candidate: number; rounded: number }[] = [];
  for (let candidate = 0; candidate < similarities.length; candidate++) {
    if (similarities[candidate] < limit || !allowed(query, candidate)) continue;
    near.push({ candidate, rounded: Math.round(dot(queries, query, candidates, candidate) * SCALE) });
  }
  near.sort((a, b) => b.rounded - a.rounded || a.candidate - b.candidate);
  return near.slice(0, k).map(({ candidate }) => candidate);
}

/** The k-th largest allowed value; -Infinity when there are fewer. */
function kthLargest(values: Float32Array, k: number, allowed: (index: number) => boolean): number {
  const best: number[] = Array.from({ length: k }, () => -Infinity); // descending
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value > best[k - 1]) || !allowed(i)) continue;
    let place = k - 1;
    for (; place > 0 && best[place - 1] < value; place--) best[place] = best[place - 1];
    best[place] = value;
  }
  return best[k - 1];
}

function dot(a: Embeddings, i: number, b: Embeddings, j: number): number {
  const { width } = a;
  let sum = 0;
  for (let d = 0; d < width; d++) sum += a.data[i * width + d] * b.data[j * width + d];
  return sum;
}
