import { shown, type FilledCell, type FilledTable } from './paper-table.ts';
import type { Report } from './report.ts';

/** The report as GitHub-flavoured Markdown. */
export function renderMarkdown(report: Report): string {
  const lines = [`# ${report.title}`, '', report.data, ''];
  for (const table of report.tables) lines.push(...tableLines(table));
  lines.push(
    '## Stages',
    '',
    '| stage | paper | steps | last loss | wall time | seed | revision |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  );
  for (const { name, title, paper, history, run } of report.stages) {
    const last = history.at(-1);
    const cells = [
      `${title} (\`${name}\`)`,
      paper,
      last?.['step'] ?? '',
      last ? last['loss'].toPrecision(4) : '',
      seconds(run['wallTime']),
      run['seed'] ?? '',
      shortRevision(run),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function tableLines({ table, rows }: FilledTable): string[] {
  const head = ['', 'chance', ...table.columns.map(({ title }) => title)];
  return [
    `## ${table.paper}: ${table.title}`,
    '',
    `Each cell: measured here [95 % interval]. In brackets the paper's value (${table.source}), which is of other data and a larger model: no comparison.`,
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map(
      ({ title, unit, chance, cells }) =>
        `| ${[`${title}${unit ? ` (${unit})` : ''}`, chance ?? '', ...cells.map((cell) => cellText(cell, unit))].join(' | ')} |`,
    ),
    '',
  ];
}

function cellText({ measured, ran, interval, paper }: FilledCell, unit: string): string {
  const ours = measured === undefined ? (ran ? '–' : 'not run') : shown(measured, unit);
  const between = interval ? ` [${interval[0].toFixed(1)}, ${interval[1].toFixed(1)}]` : '';
  return `${ours}${between}${paper === null ? '' : ` (${paper})`}`;
}

/** "3 min 20 s" */
export function seconds(value: unknown): string {
  if (typeof value !== 'number') return '';
  return value < 60 ? `${value.toFixed(0)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** The first characters of the commit, marked when the tree had other changes. */
export function shortRevision(run: Record<string, unknown>): string {
  const { revision, dirty } = (run['git'] ?? {}) as { revision?: string | null; dirty?: boolean | null };
  return revision ? `${revision.slice(0, 8)}${dirty ? '+changes' : ''}` : '';
}
