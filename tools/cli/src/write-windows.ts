import { windowsTable, writeWindowsCsv, type WindowsTable, type WindowsTableOptions } from '@egolab/ego-data';

/** The table of clip-text windows, written as CSV. */
export function writeWindows(out: string, options: WindowsTableOptions): WindowsTable {
  const table = windowsTable(options);
  writeWindowsCsv(out, table.rows);
  return table;
}
