import { differenceText, effectDigits } from '@egolab/experiment';
import type { ComparedCell } from './cells.ts';
import type { ComparedVariant, Comparison } from './comparison.ts';
import type { Measure } from './request.ts';

/** A measured value with about as many digits as its unit deserves. */
export function measureText(value: number, { unit }: Measure): string {
  return unit === '%' ? value.toFixed(1) : String(Number(value.toPrecision(4)));
}

/** "55.6 ± 0.4"; "not run" of a variant without runs, "–" where its runs measured nothing. */
export function cellText(
  { mean, deviation }: ComparedCell,
  measure: Measure,
  { runs }: Pick<ComparedVariant, 'runs'>,
): string {
  if (mean === undefined) return runs.length === 0 ? 'not run' : '–';
  return `${measureText(mean, measure)}${deviation === undefined ? '' : ` ± ${effectDigits(deviation, measure.unit)}`}`;
}

/** "-2.30 [-4.10, -0.41]"; without an interval the difference alone. */
export function deltaText({ difference, effect }: ComparedCell, { unit }: Measure): string {
  if (difference === undefined) return '';
  const signed = `${difference > 0 ? '+' : ''}${effectDigits(difference, unit)}`;
  return effect ? `${signed} [${effect.interval.map((end) => effectDigits(end, unit)).join(', ')}]` : signed;
}

/** The side of no difference on which a whole interval lies, in the measure's direction. */
export function deltaSide({ effect }: ComparedCell, { better }: Measure): 'better' | 'worse' | undefined {
  if (!effect || !better) return undefined;
  const [low, high] = effect.interval;
  if (low <= 0 && high >= 0) return undefined;
  return low > 0 === (better === 'higher') ? 'better' : 'worse';
}

/** "Avg (%, higher is better)" */
export function measureHead({ title, unit, better }: Measure): string {
  const facets = [...(unit ? [unit] : []), ...(better ? [`${better} is better`] : [])];
  return facets.length === 0 ? title : `${title} (${facets.join(', ')})`;
}

/** "0, 1, 2" or "none" */
export const seedsText = ({ runs }: Pick<ComparedVariant, 'runs'>): string =>
  runs.length === 0 ? 'none' : runs.map(({ seed }) => seed).join(', ');

/** A longer account of a difference, for those who point at it. */
export function deltaTitle({ difference, effect, reason }: ComparedCell, { unit }: Measure): string {
  if (difference === undefined) return '';
  if (!effect) return `${differenceText(difference, unit)} against the baseline, without an interval: ${reason}`;
  const { questions, seeds, standardised, method } = effect;
  return [
    `${differenceText(difference, unit)} against the baseline, 95 % interval by ${method === 'paired-t' ? 'paired t over seeds' : 'paired bootstrap'}`,
    ...(standardised === undefined ? [] : [`standardised ${standardised.toFixed(2)}`]),
    ...(questions > 0 ? [`${questions} questions`] : []),
    `${seeds} ${seeds === 1 ? 'seed' : 'seeds'}`,
  ].join(', ');
}

/** Everything that is missing, once: which variants, why, what would make it. */
export function missingLines({
  variants,
}: Pick<Comparison, 'variants'>): { titles: string; reason: string; command: string }[] {
  const all = variants.flatMap(({ title, missing }) => missing.map((each) => ({ ...each, title })));
  const keys = [...new Set(all.map(({ reason, command }) => JSON.stringify([reason, command])))];
  return keys.map((key) => {
    const same = all.filter(({ reason, command }) => JSON.stringify([reason, command]) === key);
    const titles = [...new Set(same.map(({ title }) => title))].join(', ');
    return { titles, reason: same[0].reason, command: same[0].command };
  });
}
