import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { beforeEach, describe, expect, it } from 'vitest';
import { finishStage, RECORD, type RunFields } from '../fixtures/finished-stage.ts';
import { measuredTablesJson, readMeasuredTables, renderMeasuredTables } from './render.ts';

const TABLE = `paper: p
id: table-1
label: Table 1
title: Questions <answered>
section: '4'
metric: accuracy
unit: '%'
better: higher
text: { file: p.txt, from: a, to: b }
columns: [{ id: inter, title: Inter }, { id: intra, title: Intra, command: npx egolab score egomcq }]
rows:
  - { id: theirs, title: 'Theirs [1]', values: ['85.1†', '37.6'] }
  - { id: ours, title: 'Ours, all | of it', ours: true, values: ['88.4', '41.2'] }
footnotes: [{ text: '†: a note', rows: [theirs] }]
measured: [{ row: ours, column: inter, stage: evaluate, path: mcq.inter.accuracy }]
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tables-'));
  mkdirSync(join(root, 'tables/p'), { recursive: true });
  writeFileSync(join(root, 'tables/p/table-1.yaml'), TABLE);
});

function finish(accuracy: number, { preset = 'micro', ...record }: Partial<RunFields> = {}, beside = {}): void {
  const metrics = { mcq: { inter: { accuracy, ...beside } } };
  finishStage(join(root, 'artifacts', preset, 'evaluate'), { metrics, record: { preset, ...record } });
}

const read = (preset = 'micro') =>
  readMeasuredTables({ folder: join(root, 'tables'), artifacts: join(root, 'artifacts'), preset });
const ours = (preset?: string) => read(preset).tables[0].rows[1];

const PAPER = { preset: 'paper', parameters: { seed: 0, data: { root: 'datasets' }, models: {} } };

describe('status', () => {
  it('not run: with the command', () => {
    const row = ours();
    expect(row.status).toBe('not run');
    expect(row.commands).toEqual(['npx nx run pipelines:evaluate --configuration=micro', 'npx egolab score egomcq']);
    expect(read().tables[0].rows[0].status).toBe('published');
  });

  it('scaled: on the synthetic world a value is shown, whatever it is', () => {
    finish(99);
    expect(ours()).toMatchObject({ status: 'scaled', cells: [{ measured: { value: 99 } }, { status: 'not run' }] });
  });

  it.each([
    [88.4, {}, 'reproduced'],
    [88.36, {}, 'reproduced'],
    [93, {}, 'reproduced'],
    [86, { low: 83, high: 88.5 }, 'reproduced'],
    [86, { low: 83, high: 88 }, 'close'],
    [84, {}, 'close'],
    [83, {}, 'missed'],
  ])("%f %j with the paper's data and scale: %s", (accuracy, interval, status) => {
    finish(accuracy, PAPER, interval);
    expect(ours('paper').status).toBe(status);
  });

  it.each([
    ['an override', { ...PAPER, sets: ['stage3.epochs=1'] }],
    ['the synthetic world', { ...PAPER, parameters: RECORD.parameters }],
  ])('never compares after %s', (_what, changes) => {
    finish(88.4, changes);
    expect(ours('paper').status).toBe('scaled');
  });

  it("compares where only the data's place is another", () => {
    finish(88.4, { ...PAPER, sets: ['data.root=/elsewhere'] });
    expect(ours('paper').status).toBe('reproduced');
  });
});

describe('provenance', () => {
  it.each([
    ['revision', { git: { revision: null, dirty: false } }],
    ['id', { mlflowRunId: '' }],
    ['device', { device: '' }],
    ['data', { inputs: { tokens: { stage: 'tokenize', key: 'x' } } as unknown as typeof RECORD.inputs }],
  ])('no number without %s', (what, changes) => {
    finish(99, changes);
    const [cell] = ours().cells;
    expect(cell).toMatchObject({ status: 'not run', reason: expect.stringMatching(new RegExp(`its run .* ${what}`)) });
    expect(cell.measured).toBeUndefined();
    for (const format of ['md', 'html', 'csv'] as const)
      expect(renderMeasuredTables(read(), format)).not.toMatch(/\b99\b/);
  });

  it("data are those of its inputs where it reads none itself, and a data stage's own", () => {
    const upstream = join(root, 'artifacts/micro/tokenize');
    finishStage(upstream, { metrics: {}, record: { inputs: {} as typeof RECORD.inputs } });
    const { key } = JSON.parse(readFileSync(join(upstream, 'run.json'), 'utf8')) as { key: string };
    finish(99, { inputs: { tokens: { stage: 'tokenize', key } } as unknown as typeof RECORD.inputs });
    expect(ours().cells[0].measured!.provenance.dataDigest).toBe(key);
  });

  it('names file and field of a broken record', () => {
    finish(99, { device: 7 as unknown as string });
    expect(() => ours()).toThrow(/evaluate\/run\.json: .*\n {2}device: /);
  });
});

describe('formats', () => {
  beforeEach(() => finish(39.5, {}, { low: 33, high: 46.4, chance: 20, n: 200 }));

  it('Markdown', () => {
    const text = renderMeasuredTables(read(), 'md');
    expect(text).toContain(
      '| Ours, all \\| of it | scaled | **39.5** [33.0 – 46.4] (chance 20.0, n 200, paper 88.4) | 41.2 |',
    );
    expect(text).toContain('- measured by `evaluate`: run fedcba98, revision abcdef01, data dddddddd, cpu');
    expect(text).toContain('- Theirs [1]: †: a note');
  });

  it('CSV: every cell with its run', () => {
    const records = parseCsv(renderMeasuredTables(read(), 'csv'), { columns: true }) as Record<string, string>[];
    expect(records).toHaveLength(4);
    expect(records[2]).toMatchObject({ row: 'ours', printed: '88.4', measured: '39.5', low: '33', high: '46.4', chance: '20', n: '200', run_id: RECORD.mlflowRunId, revision: RECORD.git.revision, data_digest: 'd'.repeat(64), device: 'cpu' }); // prettier-ignore
    expect(records[3]).toMatchObject({ measured: '', run_id: '', command: 'npx egolab score egomcq' });
  });

  it('JSON: the same', () => {
    const json = JSON.parse(renderMeasuredTables(read(), 'json')) as object;
    expect(json).toEqual(JSON.parse(JSON.stringify(measuredTablesJson(read()))));
    expect(json).toMatchObject({ preset: 'micro', tables: [{ rows: [{}, { cells: [{ measured: { value: 39.5, runId: RECORD.mlflowRunId, device: 'cpu' } }, { measured: null }] }] }] }); // prettier-ignore
  });

  it('HTML: self-contained and escaped', () => {
    const html = renderMeasuredTables(read(), 'html');
    expect(html).not.toMatch(/(src|href)="(?!#|data:)|url\(|@import/);
    expect(html).toContain('Questions &lt;answered&gt;');
    expect(html).toMatch(/<td class="own" data-value="39.5"><a class="value" href="#run-evaluate" title="run fedcba98/);
    expect(html).toContain('<details class="run" id="run-evaluate">');
  });
});
