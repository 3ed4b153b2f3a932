import type { Measured, MeasuredCell, MeasuredTable } from './measure.ts';

/** Tables as plain values: everything that is known of each cell. */
export function paperTablesJson(tables: readonly MeasuredTable[]): object[] {
  return tables.map(({ table, rows }) => ({
    paper: table.paper,
    id: table.id,
    label: table.label,
    title: table.title,
    section: table.section,
    columns: table.columns.map(({ id, title }) => ({ id, title })),
    rows: rows.map(({ id, status, commands, reasons, cells }, i) => {
      const { title, about, group } = table.rows[i];
      return { id, title, about, group, status, commands, reasons, cells: cells.map(cellRecord) };
    }),
    footnotes: table.footnotes,
    claims: table.claims,
  }));
}

function cellRecord({ column, printed, facets, status, measured, command, reason }: MeasuredCell): object {
  const { metric, dataset, split, unit, better } = facets;
  return {
    column,
    printed,
    metric,
    dataset,
    split,
    unit,
    better,
    status,
    measured: measured ? { ...withoutRun(measured), ...measured.provenance } : null,
    command,
    reason,
  };
}

function withoutRun({ provenance: _, ...measured }: Measured): object {
  return measured;
}

const HEADER = [
  ...['paper', 'table', 'row', 'column', 'metric', 'dataset', 'split', 'unit', 'better', 'printed', 'status'],
  ...[
    'measured',
    'low',
    'high',
    'chance',
    'n',
    'stage',
    'path',
    'run_id',
    'revision',
    'dirty',
    'data_digest',
    'device',
    'command',
  ],
];

/** Tables as CSV, a line for each cell that prints or measures something. */
export function paperTablesCsv(tables: readonly MeasuredTable[]): string {
  const records = tables.flatMap(({ table, rows }) =>
    rows.flatMap(({ cells }, i) =>
      cells
        .filter(({ printed, measured }) => printed !== null || measured)
        .map(({ column, printed, facets, status, measured, command }) => [
          ...[table.paper, table.id, table.rows[i].id, column, facets.metric, facets.dataset, facets.split],
          ...[
            facets.unit,
            facets.better,
            printed,
            status,
            measured?.value,
            measured?.interval?.[0],
            measured?.interval?.[1],
            measured?.chance,
            measured?.n,
          ],
          ...[measured?.provenance.stage, measured?.path, measured?.provenance.runId, measured?.provenance.revision],
          ...[measured?.provenance.dirty, measured?.provenance.dataDigest, measured?.provenance.device, command],
        ]),
    ),
  );
  return [HEADER, ...records].map((record) => `${record.map(field).join(',')}\n`).join('');
}

function field(value: string | number | boolean | null | undefined): string {
  const text = String(value ?? '');
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
