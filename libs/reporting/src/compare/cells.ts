import { pairedEffect, type SeedResult } from '@egolab/experiment';
import type { PairedEffect } from '@egolab/metrics';
import type { Measure } from './request.ts';

/** A variant's values of one measure, and their distance from the baseline's. */
export interface ComparedCell {
  values: readonly { seed: number; value: number }[];
  /** undefined where nothing is measured */
  mean?: number;
  /** standard deviation over seeds (n - 1); undefined below two */
  deviation?: number;
  /** mean of variant - baseline over the seeds that both have; undefined for the baseline itself */
  difference?: number;
  effect?: PairedEffect;
  /** why the difference has no interval */
  reason?: string;
}

/**
 * @param variants each variant's runs: results by measure; the baseline is the first
 * @returns [variant][measure]
 */
export function cellsOf(
  measures: readonly Measure[],
  variants: readonly (readonly ReadonlyMap<string, SeedResult>[])[],
): ComparedCell[][] {
  const of = (runs: readonly ReadonlyMap<string, SeedResult>[], { id }: Measure) =>
    runs.flatMap((results) => results.get(id) ?? []);
  return variants.map((runs, i) =>
    measures.map((measure) => ({
      ...spread(of(runs, measure)),
      ...(i > 0 && distance(of(runs, measure), of(variants[0], measure))),
    })),
  );
}

function spread(results: readonly SeedResult[]): ComparedCell {
  const values = results.map(({ seed, value }) => ({ seed, value }));
  if (values.length === 0) return { values };
  const mean = average(values.map(({ value }) => value));
  const squares = values.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
  return { values, mean, ...(values.length > 1 && { deviation: Math.sqrt(squares / (values.length - 1)) }) };
}

function distance(own: readonly SeedResult[], baseline: readonly SeedResult[]): Partial<ComparedCell> {
  const differences = own.flatMap(({ seed, value }) => {
    const other = baseline.find((result) => result.seed === seed);
    return other ? [value - other.value] : [];
  });
  if (differences.length === 0) return {};
  const effect = pairedEffect(own, baseline);
  const difference = average(differences);
  return 'missing' in effect ? { difference, reason: effect.missing } : { difference, effect };
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
