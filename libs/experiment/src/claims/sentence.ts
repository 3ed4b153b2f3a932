import type { PairedEffect } from '@egolab/metrics';
import type { Ablation } from '../ablations/schema.ts';
import type { ComparisonJudgement, Verdict } from './judge.ts';

interface Names {
  better: string;
  than: string;
  measure: Pick<Ablation['evaluate'][number], 'title' | 'unit'>;
}

/**
 * "“All losses” beats “no KL” in Avg by 2.30 points (95 % interval 0.41 to 4.10; 200 questions, 3 seeds)."
 *
 * @param found the effect of `better` - `than`, or why there is none
 */
export function comparisonSentence(
  verdict: Verdict,
  { better, than, measure }: Names,
  found: PairedEffect | string,
): string {
  const versus = `“${better}” against “${than}” in ${measure.title}`;
  if (typeof found === 'string') return `${versus}: ${found}.`;
  if (verdict === 'undecided')
    return `${versus}: ${differenceText(found.difference, measure.unit)} (${intervalText(found)}), which leaves the order open.`;
  const [winner, loser] = verdict === 'held' ? [better, than] : [than, better];
  const by = found.difference < 0 ? reversed(found) : found;
  const gain = differenceText(by.difference, measure.unit).replace(/^\+/, '');
  return `“${winner}” beats “${loser}” in ${measure.title} by ${gain} (${intervalText(by)}).`;
}

/** "+2.30 points", "-0.0123 m" */
export function differenceText(value: number, unit = ''): string {
  return `${value > 0 ? '+' : ''}${effectDigits(value, unit)}${unit === '%' ? ' points' : unit && ` ${unit}`}`;
}

/** A difference with about as many digits as its unit deserves. */
export function effectDigits(value: number, unit = ''): string {
  return unit === '%' ? value.toFixed(2) : String(Number(value.toPrecision(3)));
}

/** The same effect seen from the other side. */
function reversed(effect: PairedEffect): PairedEffect {
  const [low, high] = effect.interval;
  return {
    ...effect,
    difference: -effect.difference,
    standardised: effect.standardised === undefined ? undefined : -effect.standardised,
    interval: [-high, -low],
  };
}

/** "95 % interval 0.41 to 4.10; d 0.21; 200 questions, 3 seeds" */
function intervalText({ interval, standardised, questions, seeds, method }: PairedEffect): string {
  const [low, high] = interval.map((end) => String(Number(end.toPrecision(3))));
  return [
    `95 % interval ${low} to ${high}${method === 'paired-t' ? ' by t over seeds' : ''}`,
    ...(standardised === undefined ? [] : [`d ${standardised.toFixed(2)}`]),
    `${questions > 0 ? `${questions} questions, ` : ''}${seeds === 1 ? 'one seed, which says nothing of others' : `${seeds} seeds`}`,
  ].join('; ');
}

/** One comparison speaks for itself; of several, how many went which way. */
export function claimSentence(verdict: Verdict, comparisons: readonly ComparisonJudgement[]): string {
  const counted = comparisons.filter(({ excepted }) => !excepted);
  if (counted.length === 0) return "Undecided. The paper's own numbers say otherwise in each of its comparisons.";
  const [only] = counted;
  if (counted.length === 1) return `${capital(verdict)}. ${only.sentence}`;
  const numbers = (['held', 'reversed', 'undecided'] as const)
    .map((each) => [counted.filter((comparison) => comparison.verdict === each).length, each] as const)
    .filter(([count]) => count > 0)
    .map(([count, each]) => `${count} ${each}`);
  const left = comparisons.length - counted.length;
  const excepted = left === 0 ? '' : `; ${left} left out, where the paper's own numbers say otherwise`;
  return `${capital(verdict)}. Of ${counted.length} comparisons: ${numbers.join(', ')}${excepted}.`;
}

const capital = (text: string) => text[0].toUpperCase() + text.slice(1);
