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
  title: string;
  /** which data every number comes from */
  data: string;
  stages: StageResult[];
  tables: FilledTable[];
}

/**
 * Collect what finished stages left.
 *
 * @param options.stages folders of the stages that train, in the order of the pipeline
 * @param options.evaluations folders of the evaluations, whose metrics fill the tables
 * @param options.tablesFolder `experiments/paper-tables`
 */
export function readReport(options: {
  title: string;
  data: string;
  stages: { name: string; title: string; paper: string; folder: string }[];
  evaluations: { name: string; folder: string }[];
  tablesFolder: string;
}): Report {
  const stages = options.stages.map(({ folder, ...stage }) => ({ ...stage, ...readStage(folder) }));
  const metrics = new Map(options.evaluations.map(({ name, folder }) => [name, readStage(folder).metrics]));
  const tables = readTables(options.tablesFolder).map((table) => fillTable(table, metrics));
  return { title: options.title, data: options.data, stages, tables };
}

function readStage(folder: string): Pick<StageResult, 'metrics' | 'history' | 'run'> {
  const history = join(folder, 'history.csv');
  const rows = existsSync(history)
    ? (parseCsv(readFileSync(history), { columns: true, skip_empty_lines: true }) as Record<string, string>[])
    : [];
  return {
    metrics: readJsonFile(join(folder, 'metrics.json')) as Record<string, unknown>,
    run: readJsonFile(join(folder, 'run.json')) as Record<string, unknown>,
    history: rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === '' ? NaN : Number(value)])),
    ),
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
