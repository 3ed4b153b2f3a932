import { symmetricEigen } from './symmetric-eigen.ts';

/** Feature vectors of a set of clips, `[clips, dim]` in C order. */
export interface FeatureSet {
  readonly data: ArrayLike<number>;
  readonly dim: number;
}

/** A Frechet distance with what it depends on: it is biased by the number of clips, and no other features' distance compares. */
export interface FrechetDistance {
  /** name to print: `FD-<features>` */
  readonly name: string;
  readonly distance: number;
  readonly dim: number;
  readonly clips: readonly [predicted: number, truth: number];
}

/**
 * Frechet distance of two Gaussians fitted to feature vectors, |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), unbiased
 * covariances (Unterthiner et al. 2019). With I3D features it would be FVD; with any other, frozen features it is a number of
 * its own, called after them, never to be put beside the paper's table 4.
 *
 * tr (C1 C2)^(1/2) is the sum of the square roots of the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric. With fewer
 * clips than dimensions the covariances are rank-deficient; the same eigenvalues then come from the smaller clips x clips matrix.
 *
 * @param features name of the feature extractor, such as `tokenizer-latents`
 * @throws RangeError for different dimensions or fewer than two clips
 */
export function frechetDistance(predicted: FeatureSet, truth: FeatureSet, features: string): FrechetDistance {
  if (predicted.dim !== truth.dim)
    throw new RangeError(`expected features of dimension ${truth.dim}, got ${predicted.dim}`);
  const [a, b] = [centre(predicted), centre(truth)];
  const { dim } = truth;
  const between = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]) ** 2, 0);
  const mixed = Math.min(a.n, b.n) <= dim ? traceFromClips(a, b) : traceFromCovariances(a, b);
  const distance = between + sumOfSquares(a.rows) + sumOfSquares(b.rows) - 2 * mixed;
  return { name: `FD-${features}`, distance: Math.max(0, distance), dim, clips: [a.n, b.n] };
}

/** Rows (x - mean) / sqrt(n - 1), `[n, dim]`: their product with themselves is the unbiased covariance. */
interface Centred {
  readonly rows: Float64Array;
  readonly mean: Float64Array;
  readonly n: number;
  readonly dim: number;
}

function centre({ data, dim }: FeatureSet): Centred {
  const n = data.length / dim;
  if (!Number.isInteger(n) || n < 2) throw new RangeError(`expected at least two clips of ${dim} features, got ${n}`);
  const mean = new Float64Array(dim);
  for (let i = 0; i < data.length; i++) mean[i % dim] += data[i] / n;
  const factor = 1 / Math.sqrt(n - 1);
  return { rows: Float64Array.from(data, (value, i) => (value - mean[i % dim]) * factor), mean, n, dim };
}

const sumOfSquares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
const sumOfRoots = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);

/** With C1 = A^T A and C2 = B^T B, the eigenvalues of C1 C2 that aren't 0 are those of (A B^T)(A B^T)^T. */
function traceFromClips(a: Centred, b: Centred): number {
  const [small, large] = a.n <= b.n ? [a, b] : [b, a];
  const products = timesTransposed(small.rows, large.rows, small.n, large.n, small.dim);
  return sumOfRoots(symmetricEigen(timesTransposed(products, products, small.n, small.n, large.n), small.n).values);
}

function traceFromCovariances(a: Centred, b: Centred): number {
  const { dim } = a;
  const root = squareRoot(covariance(a), dim);
  const product = timesTransposed(timesTransposed(root, covariance(b), dim, dim, dim), root, dim, dim, dim);
  return sumOfRoots(symmetricEigen(product, dim).values);
}

function covariance({ rows, n, dim }: Centred): Float64Array {
  const out = new Float64Array(dim * dim);
  for (let clip = 0; clip < n; clip++) {
    const row = rows.subarray(clip * dim, (clip + 1) * dim);
    for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) out[i * dim + j] += row[i] * row[j];
  }
  return out;
}

/** Symmetric square root of a positive semi-definite matrix; rounding below zero counts as zero. */
function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const scaled = vectors.map((value, i) => value * Math.max(0, values[Math.floor(i / n)]) ** 0.25);
  const columns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) columns[j * n + i] = scaled[i * n + j];
  return timesTransposed(columns, columns, n, n, n);
}

/** X Y^T of X `[n, k]` and Y `[m, k]`. */
function timesTransposed(x: Float64Array, y: Float64Array, n: number, m: number, k: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += x[i * k + l] * y[j * k + l];
      out[i * m + j] = sum;
    }
  }
  return out;
}
