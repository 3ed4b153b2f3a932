import { pairedEffect } from '@egolab/experiment';
import { countOf, intervalOf, resultOf } from '../interval.ts';
import { numberAt } from '../number-at.ts';
import type { Provenance, StageOutcome, StageRun } from '../paper-tables/stage-run.ts';
import type { LearnedPlan } from './plan.ts';

/**
 * Against one reference: `better` when the whole 95 % interval lies on its better side, `worse` when on the other, `undecided` when the
 * reference lies within. The interval is of the difference question by question (paired bootstrap) where both have values by question, else
 * of the measured value; a value without an interval is compared as it is.
 */
export type Verdict = 'better' | 'worse' | 'undecided';

/** A number of a stage. */
export interface Value {
  value: number;
  provenance: Provenance;
}

/** What a measured value has to beat. */
export interface Reference extends Value {
  title: string;
  verdict: Verdict;
}

/** A number that says whether training taught something. */
export interface Learned {
  title: string;
  unit: string;
  better: 'higher' | 'lower';
  /** undefined when it isn't measured */
  measured?: Value & { interval?: [number, number]; n?: number };
  beside: Reference[];
  /** stage that measures it */
  stage: string;
  /** why there is no number */
  missing?: string;
}

/** Look a planned number and its references up; a reference that isn't measured is left out. */
export function learnedOf(plan: LearnedPlan, outcomeOf: (stage: string) => StageOutcome): Learned {
  const { title, unit, better, stage, path, scale } = plan;
  const common = { title, unit, better, stage, beside: [] };
  const run = outcomeOf(stage);
  if ('missing' in run) return { ...common, missing: run.missing };
  const value = numberAt(run.metrics, path);
  if (value === undefined) return { ...common, missing: `its metrics have no ${path}` };
  const interval = intervalOf(run, { path, scale, unit });
  const n = countOf(run, { path, scale, unit });
  const measured = {
    value: value * scale,
    provenance: run.provenance,
    ...(interval && { interval }),
    ...(n !== undefined && { n }),
  };
  const beside = plan.beside.flatMap((reference): Reference[] => {
    const from = outcomeOf(reference.stage ?? stage);
    const found = 'missing' in from ? undefined : numberAt(from.metrics, reference.path);
    if ('missing' in from || found === undefined) return [];
    const [low, high] =
      differenceBetween(run, from, plan, reference.path) ??
      (interval ?? [measured.value, measured.value]).map((end) => end - found * scale);
    const verdict = judged(low, high, better);
    return [{ title: reference.title, value: found * scale, provenance: from.provenance, verdict }];
  });
  return { ...common, measured, beside };
}

/** Interval of the paired difference; undefined where not both have values of the same questions. */
function differenceBetween(own: StageRun, other: StageRun, { path, scale, unit }: LearnedPlan, otherPath: string) {
  const first = resultOf(own, { path, scale, unit });
  const second = resultOf(other, { path: otherPath, scale, unit });
  if (!first?.outcomes || !second?.outcomes) return undefined;
  const effect = pairedEffect([first], [{ ...second, seed: first.seed }]);
  return 'missing' in effect ? undefined : effect.interval;
}

function judged(low: number, high: number, better: 'higher' | 'lower'): Verdict {
  if (low <= 0 && high >= 0) return 'undecided';
  return low > 0 === (better === 'higher') ? 'better' : 'worse';
}
