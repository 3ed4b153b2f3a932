import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { UserError } from '@egolab/foundation';

/** history.csv of a stage: one value a logged step, NaN where there is none. */
export interface History {
  step: number[];
  columns: ReadonlyMap<string, number[]>;
  /** the file as it is; empty when the stage trains nothing */
  csv: string;
}

/**
 * Read history.csv of a stage's folder; without rows when there is none.
 *
 * @throws UserError for a file that is no table of numbers, naming line and column
 */
export function readHistory(folder: string): History {
  const file = join(folder, 'history.csv');
  if (!existsSync(file)) return { step: [], columns: new Map(), csv: '' };
  const csv = readFileSync(file, 'utf8');
  const [header = [], ...lines] = records(csv, file);
  if (header[0] !== 'step')
    throw new UserError({ what: `expected "step" as the first column; got "${header[0] ?? ''}"`, where: file });
  const values = header.map((column, i) =>
    lines.map((line, j) => numberIn(line[i], `${file}, line ${j + 2}, ${column}`)),
  );
  return { step: values[0], columns: new Map(header.slice(1).map((column, i) => [column, values[i + 1]])), csv };
}

function records(csv: string, file: string): string[][] {
  try {
    return parse(csv, { skip_empty_lines: true });
  } catch (error) {
    throw new UserError({ what: error instanceof Error ? error.message : String(error), where: file });
  }
}

function numberIn(text: string, where: string): number {
  if (text === '' || text === 'NaN') return NaN;
  const number = Number(text.replace(/^(-?)inf(inity)?$/i, '$1Infinity'));
  if (Number.isNaN(number)) throw new UserError({ what: `expected a number; got "${text}"`, where });
  return number;
}

/** A curve of at most `most` points: each the mean of as many neighbours. */
export function thinned(
  x: readonly number[],
  y: readonly number[],
  most = 240,
): { x: number[]; y: number[]; of: number } {
  const points = x.map((value, i) => [value, y[i]] as const).filter(([, value]) => Number.isFinite(value));
  const of = Math.max(1, Math.ceil(points.length / most));
  const groups = Array.from({ length: Math.ceil(points.length / of) }, (_, i) => points.slice(i * of, (i + 1) * of));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { x: groups.map((group) => mean(group.map(([a]) => a))), y: groups.map((group) => mean(group.map(([, b]) => b))), of }; // prettier-ignore
}
