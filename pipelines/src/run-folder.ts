import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readJsonFile, sha256, writeFileAtomic } from '@egolab/foundation';
import type { Metrics, StageResult } from './stage.ts';

/** `run.json`: what a finished run was. Its presence says that the folder is complete. */
export interface RunRecord {
  stage: string;
  preset: string;
  /** folder under artifacts: the preset, or the preset and a hash of the overrides */
  variant: string;
  /** `key=value` overrides of the preset */
  sets: string[];
  seed: number;
  /** of everything that the result depends on: parameters, code, inputs */
  key: string;
  /** the configuration that the stage saw */
  parameters: Record<string, unknown>;
  /** stage and key of each input */
  inputs: Record<string, { stage: string; key: string }>;
  datasets: { name: string; digest: string; source: string; context: string }[];
  /** SHA-256 of each file and folder that the stage wrote */
  outputs: Record<string, string>;
  git: { revision: string | null; dirty: boolean | null };
  device: string;
  versions: Record<string, string>;
  mlflowRunId: string;
  startTime: string;
  /** seconds, of the last attempt if it was interrupted */
  wallTime: number;
}

/** Begin an output folder: what was there stays until `publish`. */
export function beginFolder(folder: string): string {
  const partial = join(dirname(folder), `.${folder.split('/').at(-1)}.partial`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  return partial;
}

/** Put the finished folder in the old one's place. */
export function publish(partial: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}

/** The record of the finished run in `folder`; undefined when there is none. */
export function readRun(folder: string): RunRecord | undefined {
  const file = join(folder, 'run.json');
  return existsSync(file) ? (readJsonFile(file) as RunRecord) : undefined;
}

/** Write `metrics.json` and, of a stage that trains, `history.csv`: its `plotted` columns without a row when nothing was trained. */
export function writeResult(folder: string, { metrics, history }: StageResult, plotted: readonly string[] = []): void {
  writeFileAtomic(join(folder, 'metrics.json'), `${JSON.stringify(metrics, nonFiniteAsText, 2)}\n`);
  if (history) writeFileAtomic(join(folder, 'history.csv'), csv(history, ['step', ...plotted]));
}

/** JSON has no NaN: it would become null, which nobody can tell from a metric that isn't there. */
const nonFiniteAsText = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

function csv(records: readonly Readonly<Record<string, number>>[], header: readonly string[]): string {
  const columns = records.length === 0 ? header : [...new Set(records.flatMap((record) => Object.keys(record)))];
  return [columns, ...records.map((record) => columns.map((column) => record[column] ?? ''))]
    .map((row) => `${row.join(',')}\n`)
    .join('');
}

/** `{ a: { b: 1 } }` as `{ 'a/b': 1 }`. */
export function flatMetrics(metrics: Metrics, prefix = ''): Record<string, number> {
  return Object.assign(
    {},
    ...Object.entries(metrics).map(([name, value]) => {
      if (value === undefined) return {};
      return typeof value === 'number' ? { [prefix + name]: value } : flatMetrics(value, `${prefix}${name}/`);
    }),
  ) as Record<string, number>;
}

/** SHA-256 of a file, or of a folder's files and their paths. */
export async function contentDigest(path: string): Promise<string> {
  if (!statSync(path).isDirectory()) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  }
  const lines: string[] = [];
  for (const name of readdirSync(path).sort()) lines.push(`${name} ${await contentDigest(join(path, name))}`);
  return sha256(lines.join('\n'));
}
