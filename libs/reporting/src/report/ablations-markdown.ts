import type { Comparison } from '../compare/comparison.ts';
import { cellText, deltaText, measureHead, seedsText } from '../compare/format.ts';
import { line } from '../paper-tables/markdown.ts';
import { partitioned, type AblationReport } from './ablations-html.ts';

/** The ablations of one paper that have something to compare, with their claims; of the others the titles. */
export function ablationLines(ablations: readonly AblationReport[]): string[] {
  const { compared, others } = partitioned(ablations);
  return [
    ...compared.flatMap(({ title, comparison }) => [
      `### ${title}`,
      '',
      ...comparison.notes.flatMap((note) => [note, '']),
      ...ablationTable(comparison),
      '',
      ...comparison.claims.map(
        ({ verdict, text, source, sentence }) => `- **${verdict}**: ${text} (${source}). ${sentence}`,
      ),
      '',
    ]),
    ...others.map(({ title, command }) => `- not run (${title}): \`${command}\``),
    ...(others.length > 0 ? [''] : []),
  ];
}

/** Variants by measures: value, and difference from the baseline. */
export function ablationTable({ variants, measures }: Pick<Comparison, 'variants' | 'measures'>): string[] {
  return [
    line(['', 'seeds', ...measures.map(measureHead)]),
    line(['---', '---', ...measures.map(() => '---')]),
    ...variants.map((variant, i) =>
      line([
        `${variant.title}${i === 0 ? ' (baseline)' : ''}`,
        seedsText(variant),
        ...measures.map((measure, j) => [cellText(variant.cells[j], measure, variant), deltaText(variant.cells[j], measure)].filter(Boolean).join('; ')), // prettier-ignore
      ]),
    ),
  ];
}
