import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseYaml } from 'yaml';
import { readJsonFile, UserError } from '@egolab/foundation';
import { fillTable, paperTableSchema, type FilledTable } from './paper-table.ts';

/** What one stage left behind in `artifacts/<preset>/<stage>/`. */
export interface StageResult {
  name: string;
  title: string;
  /** section of the paper */
  paper: string;
  /** metrics.json */
  metrics: Record<string, unknown>;
  /** history.csv: one row a logged step; absent when the stage trains nothing */
  history: Record<string, number>[];
  /** run.json: revision, seed, device, wall time, tracking id */
  run: Record<string, unknown>;
}

export interface Report {
  preset: string;
  /** which data every number comes from */
  data: string;
  stages: StageResult[];
  tables: FilledTable[];
}

/**
 * Collect the finished stages of a preset.
 *
 * @param artifacts `artifacts/<preset>`
 * @param tablesFolder `experiments/paper-tables`
 * @param stages in the order of the pipeline; those without results are left out
 */
export function readReport(options: {
  preset: string;
  data: string;
  artifacts: string;
  tablesFolder: string;
  stages: { name: string; title: string; paper: string }[];
}): Report {
  const stages = options.stages
    .filter(({ name }) => existsSync(join(options.artifacts, name, 'metrics.json')))
    .map((stage) => ({ ...stage, ...readStage(join(options.artifacts, stage.name)) }));
  if (stages.length === 0) {
    throw new UserError({ what: 'no stage has finished yet', where: options.artifacts, mend: 'run `npm run reproduce`' });
  }
  const metrics = new Map(stages.map(({ name, metrics }) => [name, metrics]));
  const tables = readTables(options.tablesFolder).map((table) => fillTable(table, metrics));
  return { preset: options.preset, data: options.data, stages, tables };
}

function readStage(folder: string): Pick<StageResult, 'metrics' | 'history' | 'run'> {
  const history = join(folder, 'history.csv');
  const rows = existsSync(history)
    ? (parseCsv(readFileSync(history), { columns: true, skip_empty_lines: true }) as Record<string, string>[])
    : [];
  return {
    metrics: readJsonFile(join(folder, 'metrics.json')) as Record<string, unknown>,
    run: readJsonFile(join(folder, 'run.json')) as Record<string, unknown>,
    history: rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === '' ? NaN : Number(value)]))),
  };
}

function readTables(folder: string) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => {
    const result = paperTableSchema.safeParse(parseYaml(readFileSync(join(folder, file), 'utf8')));
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new UserError({ what: `${issue.path.join('.')}: ${issue.message}`, where: join(folder, file) });
    }
    return result.data;
  });
}
