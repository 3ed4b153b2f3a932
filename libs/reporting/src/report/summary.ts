import { statuses, type MeasuredTable, type Status } from '../paper-tables/measure.ts';
import { isMeasured, isOwn } from '../paper-tables/text.ts';
import type { Provenance } from '../paper-tables/stage-run.ts';
import { stagesOf, type Report } from './read.ts';

/** What was run, over all stages. */
export interface RunSummary {
  ran: number;
  stages: number;
  /** seconds, of all stages together */
  wallTime: number;
  devices: string[];
  /** commits, `+changes` where the tree had others */
  revisions: string[];
  seeds: number[];
  /** digests of the data that the stages read */
  data: string[];
  /** of the first stage and of the last */
  started: [string, string] | undefined;
}

export function runSummary(report: Report): RunSummary {
  const stages = stagesOf(report);
  const runs = stages.flatMap(({ run }) => (run ? [run.provenance] : []));
  const distinct = <T>(of: (run: Provenance) => T) => [...new Set(runs.map(of))];
  const times = runs.map(({ startTime }) => startTime).sort();
  return {
    ran: runs.length,
    stages: stages.length,
    wallTime: runs.reduce((sum, { wallTime }) => sum + wallTime, 0),
    devices: distinct(({ device }) => device),
    revisions: distinct(({ revision, dirty }) => `${revision.slice(0, 8)}${dirty ? '+changes' : ''}`),
    seeds: distinct(({ seed }) => seed),
    data: distinct(({ dataDigest }) => dataDigest.slice(0, 8)),
    started: times.length > 0 ? [times[0], times.at(-1)!] : undefined,
  };
}

/** How far the papers' tables are filled. */
export interface TableSummary {
  /** tables that the papers print */
  tables: number;
  /** of which something is measured */
  measured: number;
  /** measured cells, tables of our own included, by status */
  cells: ReadonlyMap<Status, number>;
}

export function tableSummary(tables: readonly MeasuredTable[]): TableSummary {
  const printed = tables.filter(({ table }) => !isOwn(table));
  const cells = tables.flatMap(({ rows }) => rows.flatMap((row) => row.cells)).filter(({ measured }) => measured);
  const counts = statuses.map((status) => [status, cells.filter((cell) => cell.status === status).length] as const);
  return {
    tables: printed.length,
    measured: printed.filter(isMeasured).length,
    cells: new Map(counts.filter(([, count]) => count > 0)),
  };
}

/** "9 of 19 tables have a measured value; 34 scaled" */
export function tableSummaryText({ tables, measured, cells }: TableSummary): string {
  const counts = [...cells].map(([status, count]) => `${count} ${status}`).join(', ');
  return `${measured} of ${tables} printed tables have a measured value${counts && `; cells: ${counts}`}`;
}
