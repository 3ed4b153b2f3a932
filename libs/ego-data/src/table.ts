import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { readTextPieces, suggestion, UserError } from '@egolab/foundation';

/** A row of a table with named columns, and its line in the file. */
export interface TableRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

export interface TableFormat {
  /** default: tab for `.tsv`, else comma */
  readonly delimiter?: string;
  /** names for a file without a header line */
  readonly columns?: readonly string[];
}

/**
 * Read CSV or TSV row by row; a file of millions of rows is never whole in memory.
 * @throws UserError for a missing file, another encoding, or quotes that never close (a cut file)
 */
export async function* readTable(file: string, { delimiter, columns }: TableFormat = {}): AsyncGenerator<TableRow> {
  const parser = parse({
    delimiter: delimiter ?? (file.endsWith('.tsv') ? '\t' : ','),
    columns: columns ? [...columns] : true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  pipeline(Readable.from(readTextPieces(file)), parser, () => {}); // a failure reaches the reader through the parser
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      yield { line: info.lines, cells: record };
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError({
      what: `not a readable table: ${(error as Error).message}`,
      where: file,
      mend: 'the file may be cut: download it again',
      cause: error,
    });
  }
}

/** @throws UserError naming the first column that is not there, and the nearest that is */
export function requireColumns(file: string, row: TableRow, columns: readonly string[]): void {
  const present = Object.keys(row.cells);
  const missing = columns.filter((column) => !present.includes(column));
  if (missing.length === 0) return;
  throw new UserError({
    what: `expected the columns ${columns.join(', ')}; "${missing[0]}" is missing (${suggestion(missing[0], present)})`,
    where: file,
    mend: 'check that the file is the one meant, and its separator',
  });
}
