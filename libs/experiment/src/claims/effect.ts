import {
  pairedSeeds,
  stratifiedBootstrap,
  type BootstrapOptions,
  type PairedEffect,
  type SeedPair,
} from '@egolab/metrics';
import type { Outcomes } from './outcomes.ts';

/** What one run gave for one measurement, in its unit. */
export interface SeedResult {
  seed: number;
  value: number;
  /** per question, one set for each path of the measurement; undefined where only the metric is known */
  outcomes?: readonly Outcomes[];
}

/** A difference with its interval, or why there is none. */
export type Effect = PairedEffect | { missing: string };

/**
 * `first` - `second` over the seeds that both ran with: by paired bootstrap over questions and seeds where every run has per-question
 * results, else by the paired t interval over seeds, which needs two.
 */
export function pairedEffect(
  first: readonly SeedResult[],
  second: readonly SeedResult[],
  options?: BootstrapOptions,
): Effect {
  const pairs = first.flatMap((a) => {
    const b = second.find(({ seed }) => seed === a.seed);
    return b ? [{ seed: a.seed, a, b }] : [];
  });
  if (pairs.length === 0) return { missing: `no seed in common: ${seedsOf(first)} against ${seedsOf(second)}` };
  if (pairs.every(({ a, b }) => a.outcomes && b.outcomes)) return bootstrapped(pairs, options);
  if (pairs.length < 2) return { missing: 'one seed and no per-question results: nothing tells chance from effect' };
  return pairedSeeds(pairs.map(({ a, b }) => a.value - b.value));
}

const seedsOf = (results: readonly SeedResult[]) =>
  results.length === 0 ? 'none' : results.map(({ seed }) => seed).join(', ');

interface Pair {
  seed: number;
  a: SeedResult;
  b: SeedResult;
}

function bootstrapped(pairs: readonly Pair[], options?: BootstrapOptions): Effect {
  const strata = pairs[0].a.outcomes!.map((_, i) =>
    pairs.map(({ seed, a, b }): SeedPair => ({ seed, first: a.outcomes![i], second: b.outcomes![i] ?? {} })),
  );
  try {
    return stratifiedBootstrap(strata, options);
  } catch (error) {
    if (error instanceof RangeError) return { missing: `they didn't answer the same questions: ${error.message}` };
    throw error;
  }
}
