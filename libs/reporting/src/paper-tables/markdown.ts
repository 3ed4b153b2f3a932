import type { MeasuredCell, MeasuredRow, MeasuredTable } from './measure.ts';
import { footnoteText, intervalText, legend, measuredText, missingOf, placeText, runsOf, runText } from './text.ts';

/** Tables as GitHub-flavoured Markdown. */
export function paperTablesMarkdown(tables: readonly MeasuredTable[], title: string): string {
  return [`# ${title}`, '', legend, '', ...tables.flatMap(tableLines)].join('\n');
}

function tableLines(measured: MeasuredTable): string[] {
  const { table, rows } = measured;
  const runs = runsOf(measured);
  const head = ['', 'status', ...table.columns.map(({ title }) => title)];
  return [
    `## ${table.paper}, ${placeText(measured)}: ${table.title}`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map((row, i) => rowLine(measured, row, i)),
    '',
    ...table.footnotes.map((_, i) => `- ${escapeCell(footnoteText(measured, i))}`),
    ...runs.map((run) => `- measured by \`${run.stage}\`: ${runText(run)}`),
    ...missingOf(measured).map(
      ({ titles, text, isCommand }) => `- not run (${escapeCell(titles)}): ${isCommand ? `\`${text}\`` : text}`,
    ),
    '',
  ];
}

function rowLine({ table }: MeasuredTable, { status, cells }: MeasuredRow, index: number): string {
  const { title, about } = table.rows[index];
  return line([about ? `${title} (${about})` : title, status, ...cells.map(cellText)]);
}

function cellText(cell: MeasuredCell): string {
  const printed = cell.printed ?? '';
  if (!cell.measured) return printed;
  const interval = intervalText(cell);
  return `**${measuredText(cell)}**${interval && ` [${interval}]`} (paper ${printed || 'prints none'})`;
}

const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;

const escapeCell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
