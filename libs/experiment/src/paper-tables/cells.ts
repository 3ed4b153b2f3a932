import type { PaperTable, PaperTableClaim, PaperTableColumn, PaperTableRow } from './schema.ts';

/** What the number in a cell is. */
export interface CellFacets {
  metric?: string;
  dataset?: string;
  split?: string;
  unit?: string;
  better?: 'higher' | 'lower';
  command?: string;
}

const FACETS = ['metric', 'dataset', 'split', 'unit', 'better', 'command'] as const;

/** The facets of a cell: its column's, else its row's, else the table's. */
export function cellFacets(table: PaperTable, row: PaperTableRow, column: PaperTableColumn): CellFacets {
  const found = FACETS.map((name) => [name, column[name] ?? row[name] ?? table[name]] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** The number in a printed value: `47.7†`, `53.2 ↓`, `78.1%`, `0.18s`, `1e-3`, `103M`; undefined where there is none or are several. */
export function printedNumber(printed: string | null): number | undefined {
  const match = /^(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)\s*([KMG]?)[%s†]*(?:\s*[↑↓].*)?$/.exec(printed ?? '');
  if (!match) return undefined;
  const factor = { K: 1e3, M: 1e6, G: 1e9 }[match[2]] ?? 1;
  return Number(match[1].replaceAll(',', '')) * factor;
}

/** Digits after the point of a printed number: what its last place is worth. */
export function printedDecimals(printed: string): number {
  return /\.(\d+)/.exec(printed)?.[1].length ?? 0;
}

/** One comparison that a claim makes, in the paper's own numbers; `holds` is undefined where one of them isn't printed. */
export interface ClaimComparison {
  than: string;
  in: string;
  holds: boolean | undefined;
}

/**
 * A claim's comparisons, read from the printed numbers. Ties hold. A cell that prints two numbers ("28.3/2.7") is compared by the first.
 */
export function claimComparisons(table: PaperTable, claim: PaperTableClaim): ClaimComparison[] {
  const cell = (line: string, across: string) => {
    const [rowId, columnId] = claim.axis === 'rows' ? [line, across] : [across, line];
    const row = table.rows.find(({ id }) => id === rowId)!;
    const i = table.columns.findIndex(({ id }) => id === columnId);
    const value = printedNumber(row.values[i]?.split('/')[0] ?? null);
    return { value, better: cellFacets(table, row, table.columns[i]).better };
  };
  return claim.than.flatMap((than) =>
    claim.in.map((across) => {
      const [first, second] = [cell(claim.better, across), cell(than, across)];
      if (first.value === undefined || second.value === undefined || first.better === undefined)
        return { than, in: across, holds: undefined };
      const gain = first.better === 'higher' ? first.value - second.value : second.value - first.value;
      return { than, in: across, holds: gain >= 0 };
    }),
  );
}
