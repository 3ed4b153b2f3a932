import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { inProcessRepro } from '../fixtures/in-process-repro.ts';
import { silentProgress } from '../progress.ts';
import { runStage } from '../run-stage.ts';
import type { OpenTracker, RunStart } from '../tracker.ts';
import { workspace as checkout, workspaceAt, type Workspace } from '../workspace.ts';
import { ablate, prepareAblations, type AblateOptions } from './ablate.ts';
import { describeWork } from './describe.ts';
import { renderTable } from './table.ts';

vi.setConfig({ testTimeout: 60_000 });

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));

const demo = `paper: demo
id: rates
title: Learning rates
source: nowhere
table: null
evaluate:
  - { id: loss, title: Loss, stage: second, path: loss, better: lower }
  - { id: count, title: Numbers, stage: first, path: count, better: higher }
baseline: slow
variants:
  - { id: slow, title: slow, set: ['second.learningRate=0.5'] }
  - { id: fast, title: fast, set: ['second.learningRate=2'] }
  - { id: more, title: more numbers, set: ['first.count=5'] }
`;

let workspace: Workspace;
let started: string[];
let notes: string[];
let tracked: (RunStart & { metrics: Record<string, number>; status?: string })[];
/** called before each stage that is run */
let before: (job: string) => Promise<number>;

const openTracker: OpenTracker = async (start) => {
  const run = { ...start, metrics: {}, status: undefined as string | undefined };
  if (!start.name.startsWith('first ') && !start.name.startsWith('second ')) tracked.push(run);
  return {
    runId: start.runId ?? `run-${start.name}`,
    logMetrics: (record) => void Object.assign(run.metrics, record),
    logParams() {},
    setTags() {},
    logArtifact() {},
    logDataset() {},
    finish: async (status) => void (run.status = status),
  };
};
const environment = async () => ({ git: { revision: 'abc', dirty: false }, device: 'cpu', versions: {}, tags: {} });

const repro = inProcessRepro('micro', async (stage, plan) => {
  const job = `${plan.variantOf(stage)}/${stage}`;
  const code = await before(job);
  if (code !== 0) return code;
  started.push(job);
  await runStage(stage, { workspace, openTracker, environment, progress: silentProgress, sets: plan.setsOf(stage) });
  return 0;
});

const run = (options: AblateOptions = {}) =>
  ablate(['demo/rates'], { workspace, openTracker, repro, say: (text) => notes.push(text), ...options });
const write = (text: string) => writeFileSync(join(workspace.root, 'experiments/ablations/demo/rates.yaml'), text);

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'egolab-ablate-'));
  workspace = { ...workspaceAt(root), stages: join(fixtures, 'stages') };
  for (const folder of [
    workspace.presets,
    join(root, 'experiments/ablations/demo'),
    join(root, 'experiments/variants'),
  ])
    mkdirSync(folder, { recursive: true });
  symlinkSync(join(checkout.root, 'libs'), join(root, 'libs'));
  cpSync(join(fixtures, 'preset.yaml'), join(workspace.presets, 'micro.yaml'));
  write(demo);
  started = [];
  notes = [];
  tracked = [];
  before = async () => 0;
});

describe('ablate', () => {
  it('runs what variants share once, and compares them seed by seed', async () => {
    const { exitCode, tables } = await run({ seeds: 2, workers: 2 });
    expect(exitCode).toBe(0);
    expect(new Set(started).size).toBe(started.length);
    const stages = (name: string) => started.filter((job) => job.endsWith(`/${name}`)).length;
    // a seed has one `first` for slow and fast, and one for more; a `second` each, of which slow's is the preset's
    expect({ first: stages('first'), second: stages('second') }).toEqual({ first: 4, second: 6 });
    expect(started).toContain('micro/second');
    const [slow, fast, more] = tables[0].rows.map(({ cells }) => cells);
    expect(slow[0]).toEqual({ values: [0.125, 0.125], mean: 0.125, sd: 0, delta: null });
    expect(fast[0]).toEqual({ values: [0.5, 0.5], mean: 0.5, sd: 0, delta: 0.375 });
    expect(more.map(({ mean, delta }) => [mean, delta])).toEqual([
      [0.125, 0],
      [5, 2],
    ]);
  });

  it('what variants share is made for two seeds at a time', async () => {
    const begun: string[] = [];
    let bothBegan = () => {};
    const both = new Promise<void>((resolve) => (bothBegan = resolve));
    before = async (job) => {
      if (begun.push(job) === 2) bothBegan();
      return both.then(() => 0); // neither ends before the other has begun
    };
    write(demo.replace(/ {2}- { id: more.*\n/, ''));
    expect((await run({ seeds: 2, workers: 2 })).exitCode).toBe(0);
    expect(begun.slice(0, 2).map((job) => job.split('/')[1])).toEqual(['first', 'first']);
  });

  it('a second time runs nothing, and gives the same table', async () => {
    const first = await run({ seeds: 2 });
    started = [];
    tracked = [];
    expect(await run({ seeds: 2 })).toEqual(first);
    expect({ started, tracked }).toEqual({ started: [], tracked: [] });
  });

  it('two at a time make each stage once, and the same table', async () => {
    // nothing is made before one of them waits for the other
    let waits = () => {};
    const waiting = new Promise<void>((resolve) => (waits = resolve));
    before = async () => (await waiting, 0);
    const say = (text: string) => text.startsWith('waiting: ') && waits();
    const [one, other] = await Promise.all([run({ say }), run({ say })]);
    expect(started).not.toEqual([]);
    expect(new Set(started).size).toBe(started.length);
    expect(one).toEqual(other);
  });

  it('goes on after it was stopped', async () => {
    before = async () => (started.length === 3 ? 130 : 0);
    const stopped = await run();
    expect(stopped.exitCode).toBe(130);
    expect(stopped.tables[0].rows.map(({ cells }) => cells[0].mean === null)).toContain(true);
    const early = [...started];
    before = async () => 0;
    const { exitCode } = await run();
    expect(exitCode).toBe(0);
    expect(started.slice(0, early.length)).toEqual(early);
    expect(new Set(started).size).toBe(5);
    expect(started.length).toBe(5);
  });

  it('takes a failing variant out and goes on with the others', async () => {
    const { plan } = await prepareAblations(['demo/rates'], { workspace });
    const broken = plan.runs.find(({ label }) => label.includes('fast'))!.toRun.at(-1);
    before = async (job) => (job === broken ? 255 : 0); // as DVC reports it
    const { exitCode, failed, tables } = await run();
    expect({ exitCode, failed }).toEqual({ exitCode: 1, failed: ['demo/rates fast, seed 7'] });
    expect(tables[0].rows.map(({ cells }) => cells[0].mean)).toEqual([0.125, null, 0.125]);
  });

  it('fails at a mistyped override before anything runs, with file, variant and key', async () => {
    write(demo.replace('second.learningRate=2', 'second.learningRat=2'));
    await expect(run()).rejects.toThrow(
      /experiments\/ablations\/demo\/rates\.yaml: variant "fast": .*\n.*--set second\.learningRat=2: second\.learningRat is not a known key; did you mean "learningRate"\?/,
    );
    write(demo.replace('stage: second', 'stage: secnd'));
    await expect(run()).rejects.toThrow(/rates\.yaml: variant "slow": there is no stage "secnd"/);
    expect(started).toEqual([]);
  });

  it('has a parent run with a child for each variant and seed', async () => {
    await run({ seeds: 2 });
    const [parent, ...children] = tracked;
    expect(parent).toMatchObject({ name: 'demo/rates micro', status: 'FINISHED' });
    expect(children.map(({ params }) => [params['variant'], params['seed']])).toHaveLength(6);
    expect(children.map(({ parentRunId }) => parentRunId)).toEqual(children.map(() => 'run-demo/rates micro'));
    expect(children.find(({ params }) => params['variant'] === 'fast' && params['seed'] === 8)).toMatchObject({
      params: { 'second.learningRate': 2 },
      metrics: { loss: 0.5, count: 3 },
      tags: { 'run of second': expect.stringContaining('run-second') },
      status: 'FINISHED',
    });
  });

  it('says beforehand what it would run and what it reuses', async () => {
    await runStage('first', { workspace, openTracker, environment, progress: silentProgress });
    const { plan } = await prepareAblations(['demo/rates'], { workspace });
    const text = describeWork(plan, 1)
      .replace(/[0-9a-f]{8}/g, '<hash>')
      .split(/, about/)[0];
    expect(text).toBe(
      [
        'demo/rates: Learning rates (3 variants x 1 seed)',
        '  demo/rates slow, seed 7: runs micro/second; reuses 1',
        '  demo/rates fast, seed 7: runs micro+<hash>/second; reuses 1',
        '  demo/rates more, seed 7: runs micro+<hash>/first, micro+<hash>/second',
        '5 stage runs: 1 reused, 4 to run, 0 of them for several variants',
      ].join('\n'),
    );
    expect(readdirSync(join(workspace.root, 'experiments/variants'))).toEqual([]);
  });

  it('shows means, deviations and differences', async () => {
    const { tables } = await run();
    expect(renderTable(tables[0])).toBe(
      [
        'demo/rates: Learning rates (preset micro; seeds 7)',
        '                        Loss ↓         Numbers ↑',
        '------------  ----------------  ----------------',
        'slow *                   0.125             3.000',
        'fast          0.500 (+0.375 ▼)         3.000 (=)',
        'more numbers         0.125 (=)  5.000 (+2.000 ▲)',
        '* baseline; in brackets the difference to it, ▲ better, ▼ worse',
      ].join('\n'),
    );
  });
});
