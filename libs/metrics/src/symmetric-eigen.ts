/** Eigenvalues, largest first, and the unit eigenvectors belonging to them as rows. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  /** `[n, n]`, row i belongs to value i */
  readonly vectors: Float64Array;
}

const maxSweeps = 60;

/**
 * Eigen-decomposition of a symmetric matrix by cyclic Jacobi rotations: slow (some ten sweeps of 6 n^3) but exact to the
 * last digits for any rank, repeated values included.
 *
 * @param matrix `[n, n]`; only its symmetric part counts
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): SymmetricEigen {
  if (matrix.length !== n * n) throw new Error(`expected ${n}x${n} values, got ${matrix.length}`);
  const a = Float64Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    return (matrix[i] + matrix[column * n + row]) / 2;
  });
  const v = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotated = annihilate(a, v, n, p, q) || rotated;
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(v.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

/** Turn the plane (p, q) so that a[p, q] becomes 0; the rows of v turn with it. Nothing to do where it is 0 in float64. */
function annihilate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): boolean {
  const off = a[p * n + q];
  const [app, aqq] = [a[p * n + p], a[q * n + q]];
  if (Math.abs(off) <= Number.EPSILON * 0.25 * Math.sqrt(Math.abs(app * aqq)) || Math.abs(off) < 1e-300) return false;
  const ratio = (aqq - app) / (2 * off);
  const tangent = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let k = 0; k < n; k++) {
    const [kp, kq] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = cosine * kp - sine * kq;
    a[k * n + q] = sine * kp + cosine * kq;
  }
  for (let k = 0; k < n; k++) {
    const [pk, qk] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = cosine * pk - sine * qk;
    a[q * n + k] = sine * pk + cosine * qk;
    const [vp, vq] = [v[p * n + k], v[q * n + k]];
    v[p * n + k] = cosine * vp - sine * vq;
    v[q * n + k] = sine * vp + cosine * vq;
  }
  a[p * n + q] = 0;
  a[q * n + p] = 0;
  return true;
}
