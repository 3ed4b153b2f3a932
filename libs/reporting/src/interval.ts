import { questionOutcomes, type SeedResult } from '@egolab/experiment';
import { stratifiedBootstrap } from '@egolab/metrics';
import { besides, hasCompanions, numberAt } from './number-at.ts';
import type { StageRun } from './paper-tables/stage-run.ts';

/** Which number of a stage: a dotted path in its metrics, and what brings it to its unit. */
export interface NumberPlace {
  path: string;
  scale: number;
  unit?: string;
}

/**
 * The 95 % interval of a stage's number in its unit: `low` and `high` beside `accuracy` or `value`, else a percentile bootstrap over the
 * questions of its outcomes.json; undefined where there is neither.
 */
export function intervalOf(run: StageRun, place: NumberPlace): [number, number] | undefined {
  const { path, scale } = place;
  const [low, high] = [numberAt(run.metrics, besides(path, 'low')), numberAt(run.metrics, besides(path, 'high'))];
  if (hasCompanions(path) && low !== undefined && high !== undefined) return [low * scale, high * scale];
  const known = bootstrapped.get(run) ?? new Map<string, [number, number] | undefined>();
  bootstrapped.set(run, known);
  const key = JSON.stringify(place);
  if (!known.has(key)) known.set(key, bootstrap(run, place));
  return known.get(key);
}

/** Several tables show the same number. */
const bootstrapped = new WeakMap<StageRun, Map<string, [number, number] | undefined>>();

/** An end is then known to about 0.05 standard errors. */
const REPLICATES = 2000;

function bootstrap(run: StageRun, place: NumberPlace): [number, number] | undefined {
  const strata = resultOf(run, place)?.outcomes;
  if (!strata) return undefined;
  const pairs = strata.map((first) => {
    const second = Object.fromEntries(Object.keys(first).map((id) => [id, 0]));
    return [{ seed: run.provenance.seed, first, second }];
  });
  const [low, high] = stratifiedBootstrap(pairs, { replicates: REPLICATES }).interval;
  return [low, high];
}

/** A stage's number with its per-question values, as far as there are any; undefined when it isn't there. */
export function resultOf({ metrics, outcomes, provenance }: StageRun, place: NumberPlace): SeedResult | undefined {
  const { path, scale, unit = '' } = place;
  const value = numberAt(metrics, path);
  if (value === undefined) return undefined;
  const questions = questionOutcomes(metrics, outcomes, { stage: provenance.stage, paths: [path], scale, unit });
  const result = { seed: provenance.seed, value: value * scale };
  return 'strata' in questions ? { ...result, outcomes: questions.strata } : result;
}

/** How many questions or clips a number is the mean of: `n` beside it, else as many as outcomes.json has. */
export function countOf(run: StageRun, place: NumberPlace): number | undefined {
  const stated = numberAt(run.metrics, besides(place.path, 'n'));
  if (stated !== undefined) return stated;
  const [outcomes] = resultOf(run, place)?.outcomes ?? [];
  return outcomes && Object.keys(outcomes).length;
}
