import type { MeasuredCell, MeasuredTable } from './measure.ts';
import type { Provenance } from './stage-run.ts';

/** The runs behind a table's numbers, each once, in the order in which they appear. */
export function runsOf({ rows }: MeasuredTable): Provenance[] {
  const runs = new Map<string, Provenance>();
  for (const { cells } of rows)
    for (const { measured } of cells) if (measured) runs.set(measured.provenance.runId, measured.provenance);
  return [...runs.values()];
}

/** "run ddb56fc3, revision a9531e7b with changes, data 5fb20674, cpu" */
export function runText({ runId, revision, dirty, dataDigest, device }: Provenance): string {
  const short = (id: string) => id.slice(0, 8);
  return `run ${short(runId)}, revision ${short(revision)}${dirty ? ' with changes' : ''}, data ${short(dataDigest)}, ${device}`;
}

/** "41 s", "3 min 20 s", "2 h 5 min" */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A measured value with about as many digits as its unit deserves. */
export function measuredText({ measured, facets }: MeasuredCell): string {
  if (!measured) return '';
  return digits(measured.value, facets.unit);
}

export function intervalText({ measured, facets }: MeasuredCell): string {
  return measured?.interval ? measured.interval.map((end) => digits(end, facets.unit)).join(' – ') : '';
}

/** "chance 20.0", "n 200": what helps to judge the value. */
export function besideText({ measured, facets }: MeasuredCell): string[] {
  return [
    ...(measured?.chance === undefined ? [] : [`chance ${digits(measured.chance, facets.unit)}`]),
    ...(measured?.n === undefined ? [] : [`n ${measured.n}`]),
  ];
}

/** A number with about as many digits as its unit deserves: a tenth of a percent, else three digits. */
export function digits(value: number, unit: string | undefined): string {
  if (unit === '%') return value.toFixed(1);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** "Table 15, section D.2.2"; of a table of our own "Held-out clips, beside section 4.1" */
export const placeText = ({ table }: MeasuredTable) =>
  `${table.label}, ${isOwn(table) ? 'beside section' : 'section'} ${table.section}`;

/** Whether the paper prints no such table. */
export const isOwn = (table: MeasuredTable['table']): boolean => table.text === undefined;

/** Whether something of it was measured. */
export const isMeasured = ({ rows }: MeasuredTable): boolean =>
  rows.some(({ cells }) => cells.some(({ measured }) => measured));

/** Which lines a footnote is about. */
export function footnoteText({ table }: MeasuredTable, index: number): string {
  const { text, rows = [], columns = [] } = table.footnotes[index];
  const titles = [
    ...rows.map((id) => table.rows.find((row) => row.id === id)!.title),
    ...columns.map((id) => table.columns.find((column) => column.id === id)!.title),
  ];
  return titles.length === 0 ? text : `${[...new Set(titles)].join(', ')}: ${text}`;
}

/** What isn't run: reasons and commands, those together that the same rows lack. */
export function missingOf({ table, rows }: MeasuredTable): { titles: string; texts: string[]; areCommands: boolean }[] {
  const grouped = (areCommands: boolean, of: (row: MeasuredTable['rows'][number]) => readonly string[]) => {
    const groups = new Map<string, string[]>();
    for (const text of new Set(rows.flatMap(of))) {
      const titles = new Set(rows.flatMap((row, i) => (of(row).includes(text) ? [table.rows[i].title] : [])));
      const key = [...titles].join(', ');
      groups.set(key, [...(groups.get(key) ?? []), text]);
    }
    return [...groups].map(([titles, texts]) => ({ titles, texts, areCommands }));
  };
  return [...grouped(true, ({ commands }) => commands), ...grouped(false, ({ reasons }) => reasons)];
}

/** What the statuses mean, for those who read the tables. */
export const statusTexts: readonly (readonly [string, string])[] = [
  ['scaled', "measured on other data or at another scale than the paper's: shown, never compared"],
  ['not run', 'ours to measure, but not measured; below the table is what would'],
  ['published', "the paper's value of another method, or a description"],
  [
    'reproduced, close, missed',
    "not worse than the paper's value, worse by at most 5 %, worse than that; only where data and scale are the paper's",
  ],
  ['uncompared', "data and scale are the paper's, which prints no value"],
];

/** How a measured cell reads. */
export const cellText = "Measured here: bold, with its 95 % interval, the chance level and the paper's value.";

/** All of that in one paragraph. */
export const legend = `${cellText} ${statusTexts.map(([status, text]) => `${status}: ${text}.`).join(' ')}`;
