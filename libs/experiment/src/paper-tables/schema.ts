import { z } from 'zod';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower case, digits and hyphens');

/**
 * What a number is. Stated once where it holds for all: of the table, of a row, of a column; a column's word overrides its row's,
 * a row's the table's.
 */
const facets = {
  metric: z.string().optional(),
  dataset: z.string().optional(),
  split: z.string().optional(),
  unit: z.string().optional(),
  better: z.enum(['higher', 'lower']).optional(),
  /** how a reader gets the number where no stage measures it */
  command: z.string().optional(),
};

const line = {
  id,
  title: z.string().min(1),
  /** what the paper's text says of this line, where its title doesn't */
  about: z.string().optional(),
  /** a line of the paper's own system: one that we can measure */
  ours: z.literal(true).optional(),
  /** a predictor that doesn't look, chance, or an upper bound: measured beside ours, so that ours can be judged */
  baseline: z.literal(true).optional(),
  /** stands for `{row}` or `{column}` in the paths of measurements; without it the id does */
  at: z.string().min(1).optional(),
  ...facets,
};

const column = z.strictObject(line);
const row = z.strictObject({
  ...line,
  /** heading above several rows */
  group: z.string().optional(),
  /** as printed, one a column; null: nothing printed, or a symbol that the paper's text has lost */
  values: z.array(z.string().min(1).nullable()),
});

const footnote = z.strictObject({
  text: z.string().min(1),
  rows: z.array(id).optional(),
  columns: z.array(id).optional(),
});

/** An ordering that the paper states: line `better` beats each of the lines `than` in each of the crossing lines `in`. */
const claim = z.strictObject({
  text: z.string().min(1),
  /** section or table that states it */
  source: z.string(),
  axis: z.enum(['rows', 'columns']),
  better: id,
  than: z.array(id).min(1),
  in: z.array(id).min(1),
  /** where the paper's own printed numbers say otherwise */
  exceptions: z.array(z.strictObject({ than: id, in: id })).default([]),
});

/** Where our numbers come from: `artifacts/<preset>/<stage>/metrics.json`. */
const source = {
  stage: z.string(),
  /** dotted path in the metrics; `{row}` and `{column}` stand for the line's `at` */
  path: z.string(),
  /** dotted path to the chance level in the same metrics; an accuracy's is `chance` beside it */
  chance: z.string().optional(),
  /** brings the stage's number to the printed unit: 100 from fractions to percent */
  scale: z.number().positive().default(1),
};

/** Of one cell, or of all cells in which some rows cross some columns. */
const measurement = z.union([
  z.strictObject({ row: id, column: id, ...source }).transform(({ row, column, ...from }) => ({
    rows: [row],
    columns: [column],
    ...from,
  })),
  z.strictObject({ rows: z.array(id).min(1), columns: z.array(id).min(1), ...source }),
]);

/** A table or figure of a paper as data. */
export const paperTableSchema = z
  .strictObject({
    /** the folder's name */
    paper: id,
    /** the file's name */
    id: id.regex(/^(table|figure|result|measured)-/, 'table-<n>, figure-<n>, result-<name> or measured-<name>'),
    label: z.string(),
    title: z.string(),
    section: z.string(),
    ...facets,
    /**
     * where the numbers stand in the paper's text: after the first `from`, `from` included, before the next `to`;
     * a table of our own (`measured-<name>`) has none
     */
    text: z.strictObject({ file: z.string(), from: z.string().min(1), to: z.string().min(1) }).optional(),
    /** `mixed` when the paper's text doesn't keep a row's values together */
    layout: z.enum(['rows', 'mixed']).default('rows'),
    columns: z.array(column).min(1),
    rows: z.array(row).min(1),
    footnotes: z.array(footnote).default([]),
    claims: z.array(claim).default([]),
    measured: z.array(measurement).default([]),
  })
  .superRefine((table, context) => {
    for (const problem of inconsistencies(table)) context.addIssue({ code: 'custom', ...problem });
  })
  .transform((table) => ({ ...table, measured: table.measured.flatMap((each) => cellsOf(table, each)) }));
export type PaperTable = z.output<typeof paperTableSchema>;
export type PaperTableRow = PaperTable['rows'][number];
export type PaperTableColumn = PaperTable['columns'][number];
export type PaperTableClaim = PaperTable['claims'][number];
/** Where our number for one cell comes from. */
export type PaperTableMeasurement = PaperTable['measured'][number];

type Lines = Pick<Unchecked, 'rows' | 'columns'>;

/** A measurement, cell by cell, each with its own path. */
function cellsOf({ rows, columns }: Lines, { rows: across, columns: down, ...source }: z.output<typeof measurement>) {
  const at = (lines: readonly z.output<typeof column>[], name: string) =>
    lines.find((each) => each.id === name)?.at ?? name;
  return across.flatMap((row) =>
    down.map((column) => {
      const filled = (path: string) =>
        path.replaceAll('{row}', at(rows, row)).replaceAll('{column}', at(columns, column));
      return {
        row,
        column,
        ...source,
        path: filled(source.path),
        chance: source.chance === undefined ? undefined : filled(source.chance),
      };
    }),
  );
}

interface Problem {
  path: (string | number)[];
  message: string;
}

interface Unchecked {
  id: string;
  text?: object;
  columns: z.output<typeof column>[];
  rows: z.output<typeof row>[];
  footnotes: z.output<typeof footnote>[];
  claims: z.output<typeof claim>[];
  measured: z.output<typeof measurement>[];
}

/** What the types can't say: as many values as columns, ids that exist and are unique, measurements of our own lines. */
function inconsistencies({ id: tableId, text, columns, rows, footnotes, claims, measured }: Unchecked): Problem[] {
  const problems: Problem[] = [];
  const own = tableId.startsWith('measured-');
  if (own === (text !== undefined))
    problems.push({ path: ['text'], message: own ? 'measured-<name> prints nothing of a paper' : 'expected the place in the paper' }); // prettier-ignore
  const known = { rows: new Set(rows.map((each) => each.id)), columns: new Set(columns.map((each) => each.id)) };
  const expect = (axis: 'rows' | 'columns', name: string, path: Problem['path']) => {
    if (!known[axis].has(name)) problems.push({ path, message: `there is no "${name}" in ${axis}` });
  };
  for (const [axis, lines] of Object.entries({ rows, columns })) {
    lines.forEach((each, i) => {
      if (lines.findIndex((other) => other.id === each.id) < i)
        problems.push({ path: [axis, i, 'id'], message: `"${each.id}" is there twice` });
    });
  }
  rows.forEach(({ values }, i) => {
    if (values.length !== columns.length)
      problems.push({
        path: ['rows', i, 'values'],
        message: `expected ${columns.length} values, one a column; got ${values.length}`,
      });
  });
  footnotes.forEach((each, i) => {
    for (const axis of ['rows', 'columns'] as const)
      each[axis]?.forEach((name, j) => expect(axis, name, ['footnotes', i, axis, j]));
  });
  claims.forEach((each, i) => {
    const across = each.axis === 'rows' ? 'columns' : 'rows';
    expect(each.axis, each.better, ['claims', i, 'better']);
    each.than.forEach((name, j) => expect(each.axis, name, ['claims', i, 'than', j]));
    each.in.forEach((name, j) => expect(across, name, ['claims', i, 'in', j]));
    each.exceptions.forEach((exception, j) => {
      if (!each.than.includes(exception.than) || !each.in.includes(exception.in))
        problems.push({ path: ['claims', i, 'exceptions', j], message: 'is not among the comparisons of the claim' });
    });
  });
  const seen = new Set<string>();
  measured.forEach((each, i) => {
    each.rows.forEach((name) => expect('rows', name, ['measured', i, 'rows']));
    each.columns.forEach((name) => expect('columns', name, ['measured', i, 'columns']));
    for (const row of each.rows) {
      for (const column of each.columns) {
        const lines = [rows.find(({ id }) => id === row), columns.find(({ id }) => id === column)];
        if (!lines.some((line) => line?.ours || line?.baseline))
          problems.push({ path: ['measured', i], message: `neither row "${row}" nor column "${column}" is marked "ours" or "baseline"` }); // prettier-ignore
        if (seen.has(`${row} ${column}`))
          problems.push({ path: ['measured', i], message: `row "${row}", column "${column}" is measured twice` });
        seen.add(`${row} ${column}`);
      }
    }
  });
  return problems;
}
