import type { MeasuredCell, MeasuredRow, MeasuredTable } from './measure.ts';
import {
  besideText,
  footnoteText,
  intervalText,
  isOwn,
  legend,
  measuredText,
  missingOf,
  placeText,
  runsOf,
  runText,
} from './text.ts';

/** Tables as GitHub-flavoured Markdown. */
export function paperTablesMarkdown(tables: readonly MeasuredTable[], title: string): string {
  return [`# ${title}`, '', legend, '', ...tables.flatMap((table) => tableLines(table))].join('\n');
}

/** One table with its notes, the runs behind it, and what would fill the rest. */
export function tableLines(measured: MeasuredTable, heading = '##'): string[] {
  const { table, rows } = measured;
  const runs = runsOf(measured);
  const head = ['', 'status', ...table.columns.map(({ title }) => title)];
  return [
    `${heading} ${table.paper}, ${placeText(measured)}: ${table.title}`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row, i) => rowLine(measured, row, i)),
    '',
    ...table.footnotes.map((_, i) => `- ${escapeCell(footnoteText(measured, i))}`),
    ...runs.map((run) => `- measured by \`${run.stage}\`: ${runText(run)}`),
    ...missingOf(measured).map(
      ({ titles, texts, areCommands }) =>
        `- not run (${escapeCell(titles)}): ${texts.map((text) => (areCommands ? `\`${text}\`` : text)).join('; ')}`,
    ),
    '',
  ];
}

function rowLine({ table }: MeasuredTable, { status, cells }: MeasuredRow, index: number): string {
  const { title, about } = table.rows[index];
  return line([about ? `${title} (${about})` : title, status, ...cells.map((cell) => cellText(cell, isOwn(table)))]);
}

function cellText(cell: MeasuredCell, own: boolean): string {
  const printed = cell.printed ?? '';
  if (!cell.measured) return printed;
  const interval = intervalText(cell);
  const beside = [...besideText(cell), ...(own ? [] : [`paper ${printed || 'prints none'}`])];
  return `**${measuredText(cell)}**${interval && ` [${interval}]`}${beside.length > 0 ? ` (${beside.join(', ')})` : ''}`;
}

export const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;

const escapeCell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
