/** A closed interval [low, high]. */
export type Interval = [low: number, high: number];

/**
 * 95 % confidence interval of a proportion by Wilson's score method (Wilson 1927), which stays inside [0, 1] and is
 * right for small samples too.
 *
 * @param successes number of successes, 0 <= successes <= n
 * @param n number of trials; without trials nothing is known: [0, 1]
 * @param z standard normal quantile; 1.959964 is the two-sided 95 % one
 * @returns fractions
 */
export function wilsonInterval(successes: number, n: number, z = 1.959964): Interval {
  if (successes < 0 || successes > n) throw new RangeError(`expected 0 <= successes <= ${n}, got ${successes}`);
  if (n === 0) return [0, 1];
  const p = successes / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const halfWidth = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - halfWidth), Math.min(1, centre + halfWidth)];
}
