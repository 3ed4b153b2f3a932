import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ablationName, measuredValue, measurementsOf } from '@egolab/experiment';
import { readJsonFile } from '@egolab/foundation';
import { budgetNote } from './compare-request.ts';
import { variantOf, type AblationRun, type AblationRuns } from './runs.ts';

/** One measure of one variant over its seeds. */
export interface AblationCell {
  /** by seed; null: not measured */
  values: (number | null)[];
  mean: number | null;
  /** over seeds, n - 1; null below two */
  sd: number | null;
  /** mean difference to the baseline, seed by seed; null for the baseline itself and where no seed has both */
  delta: number | null;
}

/** An ablation's result. */
export interface AblationTable {
  ablation: string;
  title: string;
  source: string;
  preset: string;
  /** what all variants are given less of than the preset gives; null: nothing */
  budget: string | null;
  sets: readonly string[];
  seeds: readonly number[];
  measures: { id: string; title: string; better: 'higher' | 'lower'; unit: string }[];
  rows: { variant: string; title: string; baseline: boolean; cells: AblationCell[] }[];
}

/** What was measured of one run, in the order of the ablation's measures; null where its stage hasn't run, or measured nothing finite. */
export function measuredOf({ ablation }: Pick<AblationRuns, 'ablation'>, run: AblationRun): (number | null)[] {
  return measurementsOf(ablation, variantOf(ablation, run)).map((measurement) => {
    const file = join(run.folders[measurement.stage], 'metrics.json');
    return run.complete && existsSync(file) ? (measuredValue(readJsonFile(file), measurement) ?? null) : null;
  });
}

/** The table of an ablation, from what lies in its runs' folders. */
export function tableOf(grid: AblationRuns, sets: readonly string[] = []): AblationTable {
  const { ablation, preset, seeds, runs } = grid;
  const valuesOf = (variant: string) =>
    seeds.map((seed) =>
      measuredOf(
        grid,
        runs.find((run) => run.variant === variant && run.seed === seed)!,
      ),
    );
  const baseline = valuesOf(ablation.baseline);
  return {
    ablation: ablationName(ablation),
    title: ablation.title,
    source: ablation.source,
    preset,
    budget: budgetNote(ablation, preset)[0] ?? null,
    sets,
    seeds,
    measures: ablation.evaluate.map(({ id, title, better, unit }) => ({ id, title, better, unit })),
    rows: ablation.variants.map(({ id, title }) => {
      const own = valuesOf(id);
      const isBaseline = id === ablation.baseline;
      return {
        variant: id,
        title,
        baseline: isBaseline,
        cells: ablation.evaluate.map((_, measure) =>
          cell(
            own.map((values) => values[measure]),
            isBaseline ? undefined : baseline.map((values) => values[measure]),
          ),
        ),
      };
    }),
  };
}

function cell(values: (number | null)[], baseline: (number | null)[] | undefined): AblationCell {
  const differences = values.map((value, i) => {
    const other = baseline?.[i] ?? null;
    return value === null || other === null ? null : value - other;
  });
  return { values, mean: mean(values), sd: standardDeviation(values), delta: mean(differences) };
}

const present = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

function mean(values: readonly (number | null)[]): number | null {
  const known = present(values);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function standardDeviation(values: readonly (number | null)[]): number | null {
  const known = present(values);
  if (known.length < 2) return null;
  const centre = mean(known)!;
  return Math.sqrt(known.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (known.length - 1));
}

/** The table for a terminal: the mean over seeds, ± its deviation, and the difference to the baseline (▲ better, ▼ worse). */
export function renderTable(table: AblationTable): string {
  const { ablation, title, preset, budget, sets, seeds, measures, rows } = table;
  const head = [
    '',
    ...measures.map((each) => `${each.title}${each.unit && ` (${each.unit})`} ${each.better === 'higher' ? '↑' : '↓'}`),
  ];
  const body = rows.map((row) => [
    `${row.title}${row.baseline ? ' *' : ''}`,
    ...row.cells.map((each, i) => cellText(each, measures[i].better, seeds.length)),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((line) => [...line[i]].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) =>
        i === 0 ? text + ' '.repeat(widths[i] - [...text].length) : ' '.repeat(widths[i] - [...text].length) + text,
      )
      .join('  ')
      .trimEnd();
  return [
    `${ablation}: ${title} (preset ${[preset, ...sets].join(', ')}; seeds ${seeds.join(', ')})`,
    ...(budget === null ? [] : [budget]),
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...body.map(line),
    `* baseline; in brackets the difference to it, ▲ better, ▼ worse${seeds.length > 1 ? '; mean over seeds ± standard deviation' : ''}`,
  ].join('\n');
}

function cellText(
  { values, mean: average, sd, delta }: AblationCell,
  better: 'higher' | 'lower',
  seeds: number,
): string {
  if (average === null) return '-';
  const n = present(values).length;
  const digits = digitsOf(average);
  const rounded = (value: number) => value.toFixed(digits);
  const parts = [rounded(average), sd === null ? '' : ` ± ${rounded(sd)}`, n < seeds ? ` (n = ${n})` : ''];
  if (delta !== null) {
    const mark = (better === 'higher') === delta > 0 ? '▲' : '▼';
    const size = rounded(Math.abs(delta));
    parts.push(Number(size) === 0 ? ' (=)' : ` (${delta < 0 ? '-' : '+'}${size} ${mark})`);
  }
  return parts.join('');
}

/** Digits after the point that make four digits in all. */
function digitsOf(value: number): number {
  const before = Math.floor(Math.log10(Math.max(Math.abs(value), 1))) + 1;
  return Math.max(0, 4 - before);
}
