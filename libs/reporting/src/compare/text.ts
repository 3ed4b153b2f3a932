import { runText } from '../paper-tables/text.ts';
import { valueText } from './configuration.ts';
import type { ComparedVariant, Comparison } from './comparison.ts';
import { cellText, deltaText, measureHead, measureText, missingLines } from './format.ts';
import type { ComparedRun } from './read-run.ts';
import type { Measure } from './request.ts';

/** The comparison for a terminal; with `seeds` a line for each run. */
export function comparisonText(comparison: Comparison, { seeds = false }: { seeds?: boolean } = {}): string {
  const { title, preset, notes, variants, curves } = comparison;
  const sections = [
    [
      `${title} (${preset})`,
      ...notes,
      `baseline: ${variants[0].title}; below it differences from it, with the 95 % interval`,
    ],
    table(comparison, seeds),
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

/** Variants as lines or as columns, whichever is narrower. */
function table(comparison: Comparison, seeds: boolean): string[] {
  const [wide, tall] = [variantsAsLines(comparison, seeds), variantsAsColumns(comparison, seeds)].map(aligned);
  const width = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));
  return width(wide) <= Math.max(width(tall), NARROW) ? wide : tall;
}

/** Columns of a terminal in which lines of variants are fine. */
const NARROW = 140;

const named = ({ variants }: Comparison, others: string) =>
  variants.map(({ title }, i) => `${i === 0 ? '* ' : others}${title}`);

function variantsAsLines(comparison: Comparison, seeds: boolean): string[][] {
  const { variants, differences, measures } = comparison;
  const empty = Array<string>(differences.length + 1).fill('');
  return [
    ['', ...measures.map(measureHead), 'seeds', ...differences.map(({ key }) => key)],
    ...variants.flatMap((variant, i) => {
      const settings = differences.map(({ values }) => valueText(values[i]));
      const values = measures.map((measure, j) => cellText(variant.cells[j], measure, variant));
      const deltas = measures.map((measure, j) => deltaText(variant.cells[j], measure));
      return [
        [named(comparison, '  ')[i], ...values, String(variant.runs.length), ...settings],
        ...(deltas.some((delta) => delta !== '') ? [['', ...deltas, ...empty]] : []),
        ...(seeds ? variant.runs.map((run) => [`    seed ${run.seed}`, ...measures.map((measure) => seedText(run, measure)), ...empty]) : []), // prettier-ignore
      ];
    }),
  ];
}

function variantsAsColumns(comparison: Comparison, seeds: boolean): string[][] {
  const { variants, differences, measures } = comparison;
  const all = [...new Set(variants.flatMap(({ runs }) => runs.map(({ seed }) => seed)))].sort((a, b) => a - b);
  return [
    ['', ...named(comparison, '')],
    ...measures.flatMap((measure, j) => {
      const deltas = variants.map(({ cells }) => deltaText(cells[j], measure));
      return [
        [measureHead(measure), ...variants.map((variant) => cellText(variant.cells[j], measure, variant))],
        ...(deltas.some((delta) => delta !== '') ? [['', ...deltas]] : []),
        ...(seeds ? all.map((seed) => [`    seed ${seed}`, ...variants.map(({ runs }) => seedText(runs.find((run) => run.seed === seed), measure))]) : []), // prettier-ignore
      ];
    }),
    ['seeds', ...variants.map(({ runs }) => String(runs.length))],
    ...differences.map(({ key, values }) => [key, ...values.map(valueText)]),
  ];
}

/** One run's value; of a seed that hasn't run, a dash. */
function seedText(run: ComparedRun | undefined, measure: Measure): string {
  const result = run?.results.get(measure.id);
  return result ? measureText(result.value, measure) : '–';
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
