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
 * 95 % interval of a value that isn't a mean over items, by its standard deviation under the bootstrap (Efron 1979); the same every time.
 * Not by the bootstrap's percentiles: drawing items twice moves values of rankings as a whole.
 *
 * @param statistic percent, of items drawn with replacement, by index
 */
export function bootstrapInterval(
  items: number,
  statistic: (drawn: readonly number[]) => number,
): { readonly low: number; readonly high: number } {
  const random = new Random('bootstrap');
  const value = statistic(Array.from({ length: items }, (_, i) => i));
  const values = Array.from({ length: DRAWS }, () =>
    statistic(Array.from({ length: items }, () => random.integer(0, items - 1))),
  ).filter((each) => !Number.isNaN(each));
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1));
  return { low: Math.max(0, value - Z * deviation), high: Math.min(100, value + Z * deviation) };
}
