import { digits, durationText } from '../paper-tables/text.ts';
import type { Learned } from './learned.ts';
import type { Report } from './read.ts';
import { runSummary, tableSummary, tableSummaryText } from './summary.ts';

/** What a terminal shows when everything has run: a line of facts, the key numbers, how far the tables are filled. */
export function renderSummary(report: Report): string {
  const { ran, stages, wallTime, devices, revisions, seeds } = runSummary(report);
  const rows = report.systems.flatMap(({ title, learned }) => learned.map((each) => cellsOf(title, each)));
  const head = ['', 'what was learned', 'measured', '95 %', 'beside'];
  return [
    `${report.preset}: ${ran} of ${stages} stages, ${durationText(wallTime)} on ${devices.join(', ') || 'nothing'}, seed ${seeds.join(', ')}, revision ${revisions.join(', ')}`,
    '',
    ...aligned([head, ...rows]),
    '',
    ...report.systems.map(({ title, tables }) => `${title}: ${tableSummaryText(tableSummary(tables))}`),
    '',
  ].join('\n');
}

function cellsOf(system: string, { title, unit, measured, beside, missing }: Learned): string[] {
  const name = `${title}${unit && ` (${unit})`}`;
  if (!measured) return [system, name, 'not run', '', missing === 'not run' ? '' : missing!];
  return [
    system,
    name,
    digits(measured.value, unit),
    measured.interval?.map((end) => digits(end, unit)).join(' – ') ?? 'no interval',
    beside.map(({ title: other, value, verdict }) => `${verdict}: ${other} ${digits(value, unit)}`).join(', '),
  ];
}

/** Columns under each other, the third to the right; a system's name once. */
function aligned(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row, j) =>
    row
      .map((cell, i) => {
        const text = i === 0 && j > 0 && rows[j - 1][0] === cell ? '' : cell;
        return i === 2 ? text.padStart(widths[i]) : text.padEnd(widths[i]);
      })
      .join('  ')
      .trimEnd(),
  );
}
