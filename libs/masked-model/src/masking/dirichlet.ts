import type { Random } from '@egolab/foundation';

/**
 * The logarithm of a draw from Gamma(shape, 1). Small shapes give numbers far below the smallest double (0.01: e^-1000 is usual), so
 * only the logarithm is ever formed: log Gamma(shape + 1) + log(u) / shape.
 */
export function logGamma(shape: number, random: Random): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  // Marsaglia and Tsang 2000
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.uniform();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** Log-weights, up to a constant, of a draw from a symmetric Dirichlet distribution. */
export function logDirichlet(alpha: number, size: number, random: Random): number[] {
  return Array.from({ length: size }, () => logGamma(alpha, random));
}

/** A draw from a symmetric Dirichlet distribution: `size` shares of 1. */
export function dirichlet(alpha: number, size: number, random: Random): number[] {
  const logs = logDirichlet(alpha, size, random);
  const largest = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
