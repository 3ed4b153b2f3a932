import { runText } from '../paper-tables/text.ts';
import { valueText } from './configuration.ts';
import type { ComparedVariant, Comparison } from './comparison.ts';
import { cellText, deltaText, measureHead, measureText, missingLines } from './format.ts';

/** The comparison for a terminal; with `seeds` a line for each run. */
export function comparisonText(comparison: Comparison, { seeds = false }: { seeds?: boolean } = {}): string {
  const { title, preset, notes, variants, curves } = comparison;
  const sections = [
    [
      `${title} (${preset})`,
      ...notes,
      `baseline: ${variants[0].title}; below it differences from it, with the 95 % interval`,
    ],
    aligned(tableRows(comparison, seeds)),
    claimLines(comparison),
    titled('runs', [...new Set(variants.flatMap(runLines))]),
    titled('not run', missingLines(comparison).map(({ titles, reason, command }) => `${titles}: ${reason}\n    ${command}`)), // prettier-ignore
    titled('remarks', remarks(comparison)),
    curves.length === 0 ? [] : ['learning curves: --format html'],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function tableRows({ variants, differences, measures }: Comparison, seeds: boolean): string[][] {
  const head = ['', ...measures.map(measureHead), 'seeds', ...differences.map(({ key }) => key)];
  return [
    head,
    ...variants.flatMap((variant, i) => {
      const settings = differences.map(({ values }) => valueText(values[i]));
      const values = measures.map((measure, j) => cellText(variant.cells[j], measure, variant));
      const deltas = measures.map((measure, j) => deltaText(variant.cells[j], measure));
      return [
        [`${i === 0 ? '* ' : '  '}${variant.title}`, ...values, String(variant.runs.length), ...settings],
        ...(deltas.some((delta) => delta !== '') ? [['', ...deltas, '', ...settings.map(() => '')]] : []),
        ...(seeds ? seedRows(variant, settings.length, measures) : []),
      ];
    }),
  ];
}

function seedRows({ runs }: ComparedVariant, settings: number, measures: Comparison['measures']): string[][] {
  return runs.map(({ seed, results }) => [
    `    seed ${seed}`,
    ...measures.map((measure) => {
      const result = results.get(measure.id);
      return result ? measureText(result.value, measure) : '–';
    }),
    ...Array<string>(settings + 1).fill(''),
  ]);
}

/** Columns of equal width, two spaces apart. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()); // prettier-ignore
}

function claimLines({ claims }: Comparison): string[] {
  return titled(
    'claims',
    claims.flatMap(({ text, source, sentence, comparisons }) => [
      `${text} (${source})\n    ${sentence}`,
      ...(comparisons.length > 1 ? comparisons.map((each) => `    ${each.verdict}: ${each.sentence}`) : []),
    ]),
  );
}

function runLines({ title, runs }: ComparedVariant): string[] {
  return runs.flatMap(({ seed, stages }) => stages.map((stage) => `${title}, seed ${seed}, ${stage.stage}: ${runText(stage)}`)); // prettier-ignore
}

/** What the runs' numbers lack, each once. */
export const remarks = ({ variants }: Pick<Comparison, 'variants'>): string[] => [
  ...new Set(variants.flatMap(({ runs }) => runs.flatMap((run) => run.remarks))),
];

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => (line.startsWith(' ') ? line : `  ${line}`))];
}
