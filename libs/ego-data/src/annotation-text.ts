import { parse } from 'csv-parse/sync';
import { readTextFile, suggestion, UserError } from '@egolab/foundation';

/** A row of an annotation table, with its line in the file. */
export interface AnnotationRow<Column extends string> {
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

/**
 * Read a CSV of annotations whole, for tables whose order is that of a prediction's rows.
 * @throws UserError for a missing or cut file, another encoding, a missing column or a row of another length
 */
export function readAnnotationTable<Column extends string>(
  file: string,
  columns: readonly Column[],
): AnnotationRow<Column>[] {
  let rows: { record: Record<Column, string>; info: { lines: number } }[];
  try {
    rows = parse(readTextFile(file), { columns: true, info: true, skip_empty_lines: true });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError({
      what: `not a whole table: ${(error as Error).message}`,
      where: file,
      mend: 'the file may be cut: download it again',
      cause: error,
    });
  }
  if (rows.length === 0) throw new UserError({ what: 'no rows', where: file, mend: 'the file may be cut' });
  const present = Object.keys(rows[0].record);
  const missing = columns.find((column) => !present.includes(column));
  if (missing)
    throw new UserError({
      what: `expected the columns ${columns.join(', ')}; "${missing}" is missing (${suggestion(missing, present)})`,
      where: file,
      mend: 'check that the file is the one meant, and its separator',
    });
  return rows.map(({ record, info }) => ({ line: info.lines, cells: record }));
}

/** The lines of an annotation file that aren't empty, without spaces at their ends. */
export function readAnnotationLines(file: string): { line: number; text: string }[] {
  return readTextFile(file)
    .split('\n')
    .map((text, index) => ({ line: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== '');
}

/** @throws UserError naming the first id that is there twice */
export function requireUnique(ids: readonly { readonly id: string; readonly where: string }[]): void {
  const seen = new Set<string>();
  for (const { id, where } of ids) {
    if (seen.has(id)) throw new UserError({ what: `"${id}" is there twice`, where, mend: 'keep one of the records' });
    seen.add(id);
  }
}

/** A whole number of at least `low` in a cell. */
export function wholeNumber(text: string, low: number, where: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= low) return value;
  throw new UserError({ what: `expected a whole number of at least ${low}, got "${text}"`, where });
}
