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

/** A measured value with about as many digits as its unit deserves. */
export function measuredText({ measured, facets }: MeasuredCell): string {
  if (!measured) return '';
  return digits(measured.value, facets.unit);
}

export function intervalText({ measured, facets }: MeasuredCell): string {
  return measured?.interval ? measured.interval.map((end) => digits(end, facets.unit)).join(' – ') : '';
}

const digits = (value: number, unit: string | undefined) =>
  unit === '%' ? value.toFixed(1) : String(Number(value.toPrecision(3)));

/** "Table 15, section D.2.2" */
export const placeText = ({ table }: MeasuredTable) => `${table.label}, section ${table.section}`;

/** Which lines a footnote is about. */
export function footnoteText({ table }: MeasuredTable, index: number): string {
  const { text, rows = [], columns = [] } = table.footnotes[index];
  const titles = [
    ...rows.map((id) => table.rows.find((row) => row.id === id)!.title),
    ...columns.map((id) => table.columns.find((column) => column.id === id)!.title),
  ];
  return titles.length === 0 ? text : `${[...new Set(titles)].join(', ')}: ${text}`;
}

/** What isn't run, each reason and command once, with the titles of the rows that lack it. */
export function missingOf({ table, rows }: MeasuredTable): { titles: string; text: string; isCommand: boolean }[] {
  const titlesOf = (has: (row: MeasuredTable['rows'][number]) => boolean) =>
    [...new Set(rows.flatMap((row, i) => (has(row) ? [table.rows[i].title] : [])))].join(', ');
  const commands = [...new Set(rows.flatMap((row) => row.commands))];
  const reasons = [...new Set(rows.flatMap((row) => row.reasons))];
  return [
    ...commands.map((text) => ({ titles: titlesOf((row) => row.commands.includes(text)), text, isCommand: true })),
    ...reasons.map((text) => ({ titles: titlesOf((row) => row.reasons.includes(text)), text, isCommand: false })),
  ];
}

/** What the statuses mean, for those who read the tables. */
export const legend =
  "Bold: measured here, beside it the paper's value. scaled: measured on other data or at another scale than the paper's, so shown but not compared. " +
  "not run: ours to measure, with the command that would. published: the paper's value of another method, or a description. " +
  "reproduced (not worse), close (worse by at most 5 %) and missed appear only where data and scale are the paper's.";
