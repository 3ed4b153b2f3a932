import { join } from 'node:path';
import { readPaperTables } from '@egolab/experiment';
import { paperTablesHtml } from './html.ts';
import { paperTablesMarkdown } from './markdown.ts';
import { measureTable, type MeasuredTable } from './measure.ts';
import { paperTablesCsv, paperTablesJson } from './records.ts';
import { readStageRun, type StageOutcome, type StageRun } from './stage-run.ts';

export const tableFormats = ['md', 'html', 'json', 'csv'] as const;
export type TableFormat = (typeof tableFormats)[number];

export interface MeasuredTables {
  preset: string;
  tables: MeasuredTable[];
  /** those that the tables' numbers come from */
  runs: StageRun[];
}

/**
 * The papers' tables with what a preset's stages measured.
 *
 * @param options.folder `experiments/paper-tables`
 * @param options.artifacts folder of `<preset>/<stage>/`
 * @param options.paper only this one
 * @throws UserError for an unknown paper, a table that breaks its schema, a run.json that is no record
 */
export function readMeasuredTables(options: {
  folder: string;
  artifacts: string;
  preset: string;
  paper?: string;
}): MeasuredTables {
  const { folder, artifacts, preset, paper } = options;
  const outcomes = new Map<string, StageOutcome>();
  const outcomeOf = (stage: string): StageOutcome => {
    const outcome = outcomes.get(stage) ?? readStageRun(join(artifacts, preset, stage), stage);
    outcomes.set(stage, outcome);
    return outcome;
  };
  const tables = readPaperTables(folder, paper).map((table) => measureTable(table, { preset, outcomeOf }));
  const runs = [...outcomes.values()].filter((outcome) => 'record' in outcome);
  return { preset, tables, runs };
}

/** For a program: every cell with its provenance. */
export const measuredTablesJson = ({ preset, tables }: MeasuredTables): object => ({
  preset,
  tables: paperTablesJson(tables),
});

/** In a format for a reader or a spreadsheet. */
export function renderMeasuredTables(measured: MeasuredTables, format: TableFormat): string {
  const { preset, tables } = measured;
  const title = `Paper tables at preset ${preset}`;
  if (format === 'html') return paperTablesHtml(tables, measured.runs, title);
  if (format === 'csv') return paperTablesCsv(tables);
  if (format === 'json') return JSON.stringify(measuredTablesJson(measured), null, 2);
  return paperTablesMarkdown(tables, title);
}
