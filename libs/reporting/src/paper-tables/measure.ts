import {
  cellFacets,
  printedDecimals,
  printedNumber,
  type CellFacets,
  type PaperTable,
  type PaperTableMeasurement,
} from '@egolab/experiment';
import { countOf, intervalOf } from '../interval.ts';
import { chanceAt, numberAt } from '../number-at.ts';
import type { Provenance, StageOutcome, StageRun } from './stage-run.ts';

/**
 * What a measured value says about the printed one.
 *
 * - `reproduced`: data and scale are the paper's, and the value isn't worse: equal as printed, better, or its 95 % interval reaches
 *   the printed one
 * - `close`: the same, worse by at most 5 % of the printed value
 * - `missed`: the same, worse than that
 * - `scaled`: measured on other data or at another scale: shown, never compared
 * - `uncompared`: data and scale are the paper's, which prints no value
 * - `not run`: ours to measure, but not measured
 * - `published`: another method's value, or a description
 */
export type Status = 'reproduced' | 'close' | 'missed' | 'scaled' | 'uncompared' | 'not run' | 'published';

/** In the order in which a row takes the status of its cells. */
export const statuses: readonly Status[] = [
  'missed',
  'close',
  'reproduced',
  'scaled',
  'uncompared',
  'not run',
  'published',
];

export interface Measured {
  value: number;
  /** 95 % */
  interval?: [number, number];
  /** what guessing would give */
  chance?: number;
  /** how many questions or clips it is the mean of */
  n?: number;
  /** in the stage's metrics.json */
  path: string;
  provenance: Provenance;
}

export interface MeasuredCell {
  column: string;
  printed: string | null;
  facets: CellFacets;
  status: Status;
  measured?: Measured;
  /** what would produce the number */
  command?: string;
  /** why there is no number, where that isn't merely that nothing has run */
  reason?: string;
}

export interface MeasuredRow {
  id: string;
  status: Status;
  cells: MeasuredCell[];
  /** what would produce its missing numbers */
  commands: string[];
  /** why they are missing, where a command alone doesn't say */
  reasons: string[];
}

export interface MeasuredTable {
  table: PaperTable;
  rows: MeasuredRow[];
}

export interface MeasureOptions {
  preset: string;
  /** what became of a stage at that preset */
  outcomeOf(stage: string): StageOutcome;
}

/** Put what the stages measured beside what the paper prints. */
export function measureTable(table: PaperTable, options: MeasureOptions): MeasuredTable {
  const rows = table.rows.map((row) => {
    const cells = table.columns.map((_, i) => measureCell(table, row, i, options));
    const commands = [...new Set(cells.flatMap(({ status, command }) => (status === 'not run' && command ? [command] : [])))]; // prettier-ignore
    const status = statuses.find((each) => cells.some((cell) => cell.status === each))!;
    const reasons = [...new Set(cells.flatMap(({ reason }) => reason ?? []))];
    return { id: row.id, status, cells, commands, reasons };
  });
  return { table, rows };
}

function measureCell(
  table: PaperTable,
  row: PaperTable['rows'][number],
  index: number,
  { preset, outcomeOf }: MeasureOptions,
): MeasuredCell {
  const column = table.columns[index];
  const facets = cellFacets(table, row, column);
  const cell = { column: column.id, printed: row.values[index], facets };
  const source = table.measured.find((each) => each.row === row.id && each.column === column.id);
  if (!source) {
    const measurable = (row.ours ?? column.ours) && facets.metric !== undefined;
    if (!measurable) return { ...cell, status: 'published' };
    const how = facets.command ? { command: facets.command } : { reason: 'no stage measures it' };
    return { ...cell, status: 'not run', ...how };
  }
  const command = `npx nx run pipelines:${source.stage} --configuration=${preset}`;
  const outcome = outcomeOf(source.stage);
  if ('missing' in outcome) {
    return { ...cell, status: 'not run', command, ...(outcome.missing !== 'not run' && { reason: outcome.missing }) };
  }
  const value = numberAt(outcome.metrics, source.path);
  if (value === undefined) return { ...cell, status: 'not run', reason: `the run of ${source.stage} measured none` };
  const measured = measuredAt(outcome, source, value, facets.unit);
  const status = outcome.paperScale ? compare(cell.printed, measured, facets.better) : 'scaled';
  return { ...cell, status, measured };
}

function measuredAt(run: StageRun, source: PaperTableMeasurement, value: number, unit: string | undefined): Measured {
  const { path, chance, scale } = source;
  const measured: Measured = { value: value * scale, path, provenance: run.provenance };
  const interval = intervalOf(run, { path, scale, unit });
  const guess = chanceAt(run.metrics, path, chance);
  const n = countOf(run, { path, scale, unit });
  if (interval) measured.interval = interval;
  if (guess !== undefined) measured.chance = guess * scale;
  if (n !== undefined) measured.n = n;
  return measured;
}

const CLOSE = 0.05;

function compare(printed: string | null, { value, interval }: Measured, better: CellFacets['better']): Status {
  const target = printedNumber(printed);
  if (target === undefined || better === undefined) return 'uncompared';
  const sign = better === 'higher' ? 1 : -1;
  const rounding = 0.5 * 10 ** -printedDecimals(printed!);
  const worseBy = sign * (target - value);
  const reaches = Math.min(worseBy, ...(interval ?? []).map((end) => sign * (target - end)));
  if (reaches <= rounding) return 'reproduced';
  return worseBy <= CLOSE * Math.abs(target) ? 'close' : 'missed';
}
