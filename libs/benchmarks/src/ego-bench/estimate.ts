import { Random } from '@egolab/foundation';

/** A value with its 95 % interval. */
export interface Estimate extends Record<string, number> {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const Z = 1.959964;

/** Mean of some questions' values with its normal 95 % interval; both in percent of values in [0, 1]. */
export function meanEstimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = n > 1 ? values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) : 1;
  const half = Z * Math.sqrt(variance / n);
  return { value: 100 * mean, low: 100 * Math.max(0, mean - half), high: 100 * Math.min(1, mean + half), n };
}

const DRAWS = 200;

/**
 * 95 % interval by the percentile bootstrap (Efron 1979), for a value that isn't a mean over items; the same every time.
 *
 * @param statistic of items drawn with replacement, by index
 */
export function bootstrapInterval(
  items: number,
  statistic: (drawn: readonly number[]) => number,
): { readonly low: number; readonly high: number } {
  const random = new Random('bootstrap');
  const values = Array.from({ length: DRAWS }, () =>
    statistic(Array.from({ length: items }, () => random.integer(0, items - 1))),
  )
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  const at = (quantile: number) => values[Math.min(values.length - 1, Math.floor(quantile * values.length))];
  return { low: at(0.025), high: at(0.975) };
}
