import type { BootstrapOptions, PairedEffect } from '@egolab/metrics';
import type { Ablation, AblationClaim } from '../ablations/schema.ts';
import { pairedEffect, type SeedResult } from './effect.ts';
import { comparisonSentence, claimSentence } from './sentence.ts';

/** What the measurements say of an ordering: its 95 % interval lies beyond no difference on the claimed side, on the other, on neither. */
export type Verdict = 'held' | 'reversed' | 'undecided';

/** One comparison of a claim: `better` against `than` in one measure. */
export interface ComparisonJudgement {
  better: string;
  than: string;
  /** of the measure */
  in: string;
  /** the paper's own numbers say otherwise here: shown, and left out of the claim's verdict */
  excepted: boolean;
  verdict: Verdict;
  /** `better` - `than` in the measure's unit; undefined where there is no interval */
  effect?: PairedEffect;
  /** why there is no effect */
  reason?: string;
  /** for people */
  sentence: string;
}

export interface ClaimJudgement {
  text: string;
  source: string;
  /** held: every comparison held. reversed: one is reversed and none held. Else undecided */
  verdict: Verdict;
  comparisons: ComparisonJudgement[];
  sentence: string;
}

/** What is judged: the ablation's names, and what each of its variants gave. */
export interface ClaimEvidence {
  ablation: {
    evaluate: readonly Pick<Ablation['evaluate'][number], 'id' | 'title' | 'unit' | 'better'>[];
    variants: readonly Pick<Ablation['variants'][number], 'id' | 'title'>[];
  };
  /** one entry a seed that has run */
  resultsOf(variant: string, measure: string): readonly SeedResult[];
  options?: BootstrapOptions;
}

/** Judge an ordering that a paper, or an ablation's file, states. */
export function judgeClaim(claim: AblationClaim, evidence: ClaimEvidence): ClaimJudgement {
  const comparisons = claim.than.flatMap((than) =>
    claim.in.map((measure): ComparisonJudgement => {
      const excepted = claim.exceptions.some((each) => each.than === than && each.in === measure);
      return { ...judgeOrdering({ better: claim.better, than, in: measure }, evidence), excepted };
    }),
  );
  const verdict = verdictOf(comparisons.filter(({ excepted }) => !excepted).map((each) => each.verdict));
  return {
    text: claim.text,
    source: claim.source,
    verdict,
    comparisons,
    sentence: claimSentence(verdict, comparisons),
  };
}

/** Judge one comparison: is variant `better` better than variant `than` in measure `in`? */
export function judgeOrdering(
  ordering: { better: string; than: string; in: string },
  { ablation, resultsOf, options }: ClaimEvidence,
): Omit<ComparisonJudgement, 'excepted'> {
  const measure = ablation.evaluate.find(({ id }) => id === ordering.in)!;
  const titleOf = (name: string) => ablation.variants.find(({ id }) => id === name)!.title;
  const [better, than] = [ordering.better, ordering.than].map((name) => ({
    title: titleOf(name),
    results: resultsOf(name, ordering.in),
  }));
  const missing = [better, than].filter(({ results }) => results.length === 0).map(({ title }) => `“${title}”`);
  const effect =
    missing.length > 0
      ? { missing: `${missing.join(' and ')} ${missing.length > 1 ? 'have' : 'has'} not run` }
      : pairedEffect(better.results, than.results, options);
  const names = { better: better.title, than: than.title, measure };
  if ('missing' in effect) {
    const sentence = comparisonSentence('undecided', names, effect.missing);
    return { ...ordering, verdict: 'undecided', reason: effect.missing, sentence };
  }
  const verdict = sideOf(effect, measure.better);
  return { ...ordering, verdict, effect, sentence: comparisonSentence(verdict, names, effect) };
}

function sideOf({ interval: [low, high] }: PairedEffect, better: 'higher' | 'lower'): Verdict {
  if (low > 0) return better === 'higher' ? 'held' : 'reversed';
  if (high < 0) return better === 'higher' ? 'reversed' : 'held';
  return 'undecided';
}

function verdictOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length > 0 && verdicts.every((verdict) => verdict === 'held')) return 'held';
  return verdicts.includes('reversed') && !verdicts.includes('held') ? 'reversed' : 'undecided';
}
