import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  fillTable,
  lineChart,
  paperTableSchema,
  readReport,
  renderHtml,
  renderMarkdown,
  type Report,
} from './index.ts';

const table = paperTableSchema.parse({
  id: 't',
  paper: 'P',
  title: 'After each stage',
  source: 'Table 15',
  columns: [
    { stage: 'one', title: 'One' },
    { stage: 'two', title: 'Two' },
  ],
  rows: [{ title: 'MCQ <inter>', metric: 'evaluation.mcq.accuracy', unit: '%', better: 'higher', paper: [null, 88.4] }],
});
const metrics = { evaluation: { mcq: { accuracy: 41.25, low: 35, high: 48, chance: 20 } } };

describe('fillTable', () => {
  it('puts measured beside the paper and leaves out what has not run', () => {
    const [row] = fillTable(table, new Map([['one', metrics]])).rows;
    expect(row.chance).toBe(20);
    expect(row.cells).toEqual([
      { paper: null, measured: 41.25, ran: true, interval: [35, 48] },
      { paper: 88.4, measured: undefined, ran: false, interval: undefined },
    ]);
  });
});

describe('a report', () => {
  let report: Report;
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'egolab-report-'));
    mkdirSync(join(folder, 'artifacts', 'one'), { recursive: true });
    mkdirSync(join(folder, 'tables'));
    writeFileSync(join(folder, 'artifacts/one/metrics.json'), JSON.stringify(metrics));
    writeFileSync(
      join(folder, 'artifacts/one/run.json'),
      JSON.stringify({ seed: 3, wallTime: 75, git: { revision: '0123456789', dirty: true } }),
    );
    writeFileSync(join(folder, 'artifacts/one/history.csv'), 'step,loss,kl\n1,2.5,\n2,1.5,0.5\n');
    writeFileSync(join(folder, 'tables/t.yaml'), JSON.stringify(table));
    const artifacts = join(folder, 'artifacts/one');
    report = readReport({
      title: 'Results',
      data: 'the synthetic world',
      tablesFolder: join(folder, 'tables'),
      stages: [{ name: 'one', title: 'Stage one', paper: 'section 4', folder: artifacts }],
      evaluations: [{ name: 'one', folder: artifacts }],
    });
  });

  it('is Markdown with the interval, the paper value and the run', () => {
    const text = renderMarkdown(report);
    expect(text).toContain('| MCQ <inter> (%) | 20 | 41.3 [35.0, 48.0] | not run (88.4) |');
    expect(text).toContain('| Stage one (`one`) | section 4 | 2 | 1.500 | 1 min 15 s | 3 | 01234567+changes |');
  });

  it('is one HTML file that escapes text, has a curve per loss and nothing from outside', () => {
    const html = renderHtml(report);
    expect(html).toContain('MCQ &lt;inter&gt;');
    expect(html.match(/<polyline/g)).toHaveLength(2);
    expect(html).not.toMatch(/https?:\/\/|<script/);
  });
});

it('draws nothing for a chart without points and survives a flat line', () => {
  expect(lineChart('empty', [{ name: 'a', x: [1], y: [NaN] }])).toBe('');
  expect(lineChart('flat', [{ name: 'a', x: [1, 2], y: [3, 3] }])).not.toContain('NaN');
});
