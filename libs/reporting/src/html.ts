import { escape, lineChart } from '@egolab/pictures';
import { seconds, shortRevision } from './markdown.ts';
import { shown, type FilledCell, type FilledTable } from './paper-table.ts';
import type { Report, StageResult } from './report.ts';

const STYLE = `
:root { color-scheme: light; font: 15px/1.5 system-ui, sans-serif; color: #1f2937; }
body { max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.note { color: #6b7280; max-width: 75ch; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .4rem .7rem; text-align: right; border-bottom: 1px solid #e5e7eb; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 2px solid #9ca3af; }
.interval, .paper { display: block; font-size: .78rem; color: #6b7280; } .missing { color: #9ca3af; }
.bar { display: block; height: 4px; margin-left: auto; background: #2563eb; border-radius: 2px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 1rem; }
.chart { width: 100%; font: 10px system-ui, sans-serif; fill: #4b5563; } .chart .title { font-size: 12px; font-weight: 600; fill: #1f2937; }
.chart .grid { stroke: #e5e7eb; } code { font-size: .85em; }
`;

/** Columns of history.csv that aren't curves worth a chart. */
const BOOKKEEPING = new Set(['step', 'epoch', 'learningRate', 'samplesPerSecond', 'gradNorm']);

/** The report as one HTML file without outside references. */
export function renderHtml(report: Report): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(report.title)}</title><style>${STYLE}</style></head><body>
<h1>${escape(report.title)}</h1>
<p class="note">${escape(report.data)}</p>
${report.tables.map(tableHtml).join('\n')}
<h2>Stages</h2>
${stagesHtml(report.stages)}
${report.stages
  .filter(({ history }) => history.length > 1)
  .map(curvesHtml)
  .join('\n')}
</body></html>
`;
}

function tableHtml({ table, rows }: FilledTable): string {
  const head = table.columns.map(({ title }) => `<th>${escape(title)}</th>`).join('');
  const body = rows
    .map(({ title, unit, chance, cells }) => {
      const label = `${escape(title)}${unit ? ` (${escape(unit)})` : ''}`;
      return `<tr><td>${label}</td><td>${chance ?? ''}</td>${cells.map((cell) => cellHtml(cell, unit)).join('')}</tr>`;
    })
    .join('\n');
  return `<h2>${escape(table.paper)}: ${escape(table.title)}</h2>
<p class="note">Measured here, with the 95 % interval; below it, in grey, the paper's value (${escape(table.source)}), which is of other data and a larger model and isn't compared.</p>
<table><thead><tr><th></th><th>chance</th>${head}</tr></thead><tbody>
${body}
</tbody></table>`;
}

function cellHtml({ measured, ran, interval, paper }: FilledCell, unit: string): string {
  const missing = `<span class="missing">${ran ? '–' : 'not run'}</span>`;
  const ours = measured === undefined ? missing : `<strong>${shown(measured, unit)}</strong>`;
  const between = interval ? `<span class="interval">${interval[0].toFixed(1)} – ${interval[1].toFixed(1)}</span>` : '';
  const bar =
    unit === '%' && measured !== undefined
      ? `<span class="bar" style="width:${Math.round(measured * 0.8)}px"></span>`
      : '';
  return `<td>${ours}${bar}${between}${paper === null ? '' : `<span class="paper">paper ${paper}</span>`}</td>`;
}

function stagesHtml(stages: StageResult[]): string {
  const rows = stages.map(({ name, title, paper, history, run }) => {
    const last = history.at(-1);
    const cells = [
      `${escape(title)} <code>${escape(name)}</code>`,
      escape(paper),
      last?.['step'] ?? '',
      last?.['samplesPerSecond']?.toFixed(1) ?? '',
      seconds(run['wallTime']),
      String(run['device'] ?? ''),
      String(run['seed'] ?? ''),
      escape(shortRevision(run)),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['stage', 'paper', 'steps', 'samples/s', 'wall time', 'device', 'seed', 'revision']
    .map((cell) => `<th>${cell}</th>`)
    .join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function curvesHtml({ title, history }: StageResult): string {
  const columns = Object.keys(history[0]).filter((column) => !BOOKKEEPING.has(column));
  const x = history.map((row) => row['step']);
  const charts = columns.map((column) =>
    lineChart(column, [{ name: column, x, y: history.map((row) => row[column]) }]),
  );
  return `<h2>${escape(title)}: curves</h2><div class="charts">${charts.join('\n')}</div>`;
}
