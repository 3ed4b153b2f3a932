import { z } from 'zod';

/** A paper's table as data: what the paper printed, and where our number for each cell comes from. */
export const paperTableSchema = z.strictObject({
  id: z.string(),
  paper: z.string(),
  title: z.string(),
  source: z.string(),
  columns: z
    .array(
      z.strictObject({
        stage: z.string(),
        title: z.string(),
        /** stands for `{}` in the rows' metrics */
        at: z.string().optional(),
      }),
    )
    .min(1),
  rows: z.array(
    z.strictObject({
      title: z.string(),
      /** path into the stage's metrics.json */
      metric: z.string(),
      /** path to the chance level; without it `chance` beside the metric */
      chance: z.string().optional(),
      unit: z.string(),
      better: z.enum(['higher', 'lower']),
      paper: z.array(z.number().nullable()),
    }),
  ),
});
export type PaperTable = z.infer<typeof paperTableSchema>;

/** One cell: the paper's value beside ours. */
export interface FilledCell {
  paper: number | null;
  measured: number | undefined;
  /** whether the stage has run: without a measured value it then has none to give */
  ran: boolean;
  /** 95 % interval of `measured`, where it has one */
  interval: [number, number] | undefined;
}

export interface FilledTable {
  table: PaperTable;
  rows: { title: string; unit: string; chance: number | undefined; cells: FilledCell[] }[];
}

/** Fill a paper's table with the stages' metrics; nothing that wasn't measured appears as measured. */
export function fillTable(table: PaperTable, metrics: ReadonlyMap<string, unknown>): FilledTable {
  const rows = table.rows.map((row) => {
    const parent = row.metric.split('.').slice(0, -1).join('.');
    const cells = table.columns.map(({ stage, at }, i) => {
      const value = (path: string) => numberAt(metrics.get(stage), path.replace('{}', at ?? ''));
      const low = value(`${parent}.low`);
      const high = value(`${parent}.high`);
      return {
        paper: row.paper[i] ?? null,
        measured: value(row.metric),
        ran: metrics.has(stage),
        interval: low !== undefined && high !== undefined ? ([low, high] as [number, number]) : undefined,
      };
    });
    const chances = table.columns.map(({ stage }) => numberAt(metrics.get(stage), row.chance ?? `${parent}.chance`));
    const chance = chances.find((value) => value !== undefined);
    return { title: row.title, unit: row.unit, chance: chance && Number(chance.toFixed(1)), cells };
  });
  return { table, rows };
}

/** A measured value as text: percentages to a tenth, the rest to three digits. */
export const shown = (value: number, unit: string): string =>
  unit === '%' ? value.toFixed(1) : String(Number(value.toPrecision(3)));

/** The number at a dotted path of a JSON value, or undefined. */
export function numberAt(value: unknown, path: string): number | undefined {
  let at = value;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return typeof at === 'number' ? at : undefined;
}
