import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MlflowClient } from './client.ts';
import { RunDelivery } from './delivery.ts';
import { Journal, journalFile } from './journal.ts';
import { resumeRun, startRun, type RunOptions } from './run.ts';
import { sync } from './sync.ts';
import { FakeServer } from './testing/fake-server.ts';

let folder: string;
let journal: string;
let server: FakeServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlflow-js-'));
  journal = join(folder, 'journal');
  server = new FakeServer();
  await server.start();
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const options = (more: Partial<RunOptions> = {}): RunOptions => ({
  experiment: 'exo2ego',
  runName: 'stage2',
  journal,
  trackingUri: server.uri,
  systemMetricsSeconds: 0,
  ...more,
});

/** A journal that no thread follows, with the given number of steps. */
function writeJournal(steps: number): RunDelivery {
  const run = new Journal(join(journal, 'local-run'));
  run.append({ kind: 'start', experiment: 'exo2ego', runName: 'stage2', startTime: 1_700_000_000_000, tags: {} });
  for (let step = 0; step < steps; step++)
    run.append({ kind: 'metrics', metrics: [['loss', 1 / (step + 1), step, 1_700_000_000_000 + step]] });
  run.close();
  return new RunDelivery(join(journal, 'local-run'), new MlflowClient(server.uri));
}

const steps = (key: string) => server.only.metrics.filter((metric) => metric.key === key).map((metric) => metric.step);
const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('a run', () => {
  it('arrives whole: parameters, metrics, tags, datasets, artifacts, a model, status and times', async () => {
    writeFileSync(join(folder, 'history.csv'), 'step,loss\n0,1\n');
    const run = await startRun(
      options({ params: { stage: { rate: 2e-4, layers: [1, 2] } }, tags: { seed: '1' }, startTime: 1_700_000_000_000 }),
    );
    run.logMetrics({ loss: 0.5, 'R@5': 0.25 }, 3, 1_700_000_000_003);
    run.logDataset({
      name: 'ego-exo-clip',
      digest: 'a'.repeat(32),
      sourceType: 'local',
      source: { path: 'data' },
      context: 'train',
    });
    run.logArtifact(join(folder, 'history.csv'), 'tables');
    writeFileSync(join(folder, 'history.csv'), 'changed after it was logged');
    run.registerModel('student', 'tables/history.csv');
    expect(await run.finish()).toMatchObject({ pending: 0 });

    const { info, metrics, params, tags, datasets, artifacts } = server.only;
    expect(info).toMatchObject({ status: 'FINISHED', start_time: 1_700_000_000_000 });
    expect(info.end_time).toBeGreaterThan(1_700_000_000_000);
    expect(metrics).toEqual([
      { key: 'loss', value: 0.5, step: 3, timestamp: 1_700_000_000_003 },
      { key: 'R_at_5', value: 0.25, step: 3, timestamp: 1_700_000_000_003 },
    ]);
    expect(Object.fromEntries(params)).toEqual({ 'stage.rate': '0.0002', 'stage.layers': '[1,2]' });
    expect(tags.get('seed')).toBe('1');
    expect(datasets[0].dataset).toMatchObject({ name: 'ego-exo-clip', source: '{"path":"data"}' });
    expect(artifacts.get('tables/history.csv')?.toString()).toBe('step,loss\n0,1\n');
    expect(server.modelVersions).toMatchObject([
      { name: 'student', source: `${info.artifact_uri}/tables/history.csv`, run_id: info.run_id },
    ]);
    expect(run.serverRunId).toBe(info.run_id);
  });

  it('sends NaN and infinities as text, since a null would fail the whole batch', async () => {
    const run = await startRun(options());
    run.logMetrics({ loss: NaN, high: Infinity, low: -Infinity });
    await run.finish('FAILED');
    expect(server.only.metrics.map(({ value }) => value)).toEqual(['NaN', 'Infinity', '-Infinity']);
    expect(server.only.info.status).toBe('FAILED');
  });

  it('keeps within the limits of a batch', async () => {
    const run = await startRun(
      options({ params: Object.fromEntries(range(250).map((index) => [`p${index}`, 'x'.repeat(7000)])) }),
    );
    run.logMetrics(Object.fromEntries(range(2300).map((index) => [`m${index}`, index])));
    run.setTags(Object.fromEntries(range(130).map((index) => [`t${index}`, 'tag'])));
    await run.finish();
    expect(server.only.metrics).toHaveLength(2300);
    expect(server.only.params.size).toBe(250);
    expect(server.only.params.get('p0')).toHaveLength(6000);
    expect(server.only.tags.get('t129')).toBe('tag');
  });

  it('nests children under a parent', async () => {
    const parent = await startRun(options({ runName: 'ablation' }));
    const child = await parent.child('without CCL', { params: { ccl: false } });
    child.logMetrics({ loss: 1 });
    await child.finish();
    await parent.finish();
    const runs = [...server.runs.values()];
    const parentOf = (run: (typeof runs)[number]) => run.tags.get('mlflow.parentRunId');
    const nested = runs.find(parentOf)!;
    expect(runs).toHaveLength(2);
    expect(parentOf(nested)).toBe(runs.find((run) => run !== nested)!.info.run_id);
  });

  it('refuses to change a parameter', async () => {
    const run = await startRun(options({ params: { epochs: 1 } }));
    expect(() => run.logParams({ epochs: 2 })).toThrow('the parameter "epochs" is 1 and can\'t become 2');
    await run.finish();
  });

  it('does not log the steps again that a killed process had logged', async () => {
    const first = await startRun(options());
    for (const step of range(5)) first.logMetrics({ loss: step }, step);
    await first.finish('KILLED');
    const second = await resumeRun({ runId: first.runId, journal, trackingUri: server.uri, systemMetricsSeconds: 0 });
    for (const step of [3, 4, 5, 6]) second.logMetrics({ loss: step }, step);
    await second.finish();
    expect(steps('loss')).toEqual(range(7));
    expect(server.only.info.status).toBe('FINISHED');
  });

  it('samples the machine under the names that MLflow shows', async () => {
    const run = await startRun(options({ systemMetricsSeconds: 0.05 }));
    await expect
      .poll(
        () =>
          [...server.runs.values()].some(({ metrics }) =>
            metrics.some(({ key }) => key === 'system/cpu_utilization_percentage'),
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    await run.finish();
    expect(steps('system/system_memory_usage_megabytes')[0]).toBe(0);
  });
});

describe('an unreachable server', () => {
  it('costs a run nothing and loses nothing: all is there after sync', async () => {
    const address = server.uri;
    await server.stop();
    const run = await startRun(options({ trackingUri: address }));
    for (const step of range(1500)) run.logMetrics({ loss: step }, step);
    const { pending, problem } = await run.finish();
    expect(pending).toBe(1502); // with its start and its end
    expect(problem).toMatch(/can't be reached \(ECONNREFUSED\)/);

    expect(await sync(journal, { trackingUri: address, attempts: 1 })).toMatchObject({ delivered: 0, pending: 1502 });
    await server.start();
    expect(await sync(journal, { trackingUri: address })).toEqual({
      delivered: 1502,
      pending: 0,
      rejected: 0,
      busy: [],
    });
    expect(steps('loss')).toEqual(range(1500));
    expect(await sync(journal, { trackingUri: address })).toMatchObject({ delivered: 0, pending: 0 });
  });

  it('is asked again by the next run, which delivers what the last one left', async () => {
    await server.stop();
    const first = await startRun(options());
    first.logMetrics({ loss: 1 }, 0);
    await first.finish();
    await server.start();
    const second = await startRun(options({ runName: 'next' }));
    await expect
      .poll(() => [...server.runs.values()].map(({ metrics }) => metrics.length), { timeout: 10_000 })
      .toContain(1);
    await second.finish();
    expect(server.runs.size).toBe(2);
  });

  it('keeps the records when another program has the port', async () => {
    const other = createServer((_, response) => response.writeHead(404).end('<html>\n not here </html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    writeJournal(3);
    const trackingUri = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const result = await sync(journal, { trackingUri, attempts: 1 });
    expect(result).toMatchObject({ pending: 4, problem: `no MLflow server answers at ${trackingUri}` });
    await new Promise((resolve) => other.close(resolve));
  });

  it.each([503, 429, 401, 403])('keeps the records when the server answers %i', async (status) => {
    const delivery = writeJournal(3);
    server.fault = () => status;
    await expect(delivery.deliver()).rejects.toMatchObject({ name: 'Unavailable' });
    expect(delivery.pending()).toBe(4);
    server.fault = undefined;
    expect(await delivery.deliver()).toEqual({ delivered: 3, pending: 0, rejected: 0 });
    expect(steps('loss')).toEqual(range(3));
  });
});

describe('each record is delivered once', () => {
  it.each(['runs/create', 'runs/log-batch'])('when the answer to %s is lost', async (endpoint) => {
    const delivery = writeJournal(2500);
    let lost = 0;
    server.fault = ({ path }) =>
      path.endsWith(endpoint) && lost++ === (endpoint === 'runs/create' ? 0 : 1) ? 'lose' : undefined;
    await expect(delivery.deliver()).rejects.toMatchObject({ name: 'Unavailable' });
    await delivery.deliver();
    expect(steps('loss')).toEqual(range(2500));
  });

  it('tells a server with a new store everything again', async () => {
    const delivery = writeJournal(3);
    await delivery.deliver();
    server.runs.clear();
    appendFileSync(
      journalFile(join(journal, 'local-run')),
      `${JSON.stringify({ kind: 'finish', status: 'FINISHED', endTime: 1_700_000_001_000 })}\n`,
    );
    await delivery.deliver();
    expect(steps('loss')).toEqual(range(3));
    expect(server.only.info.status).toBe('FINISHED');
  });

  it('and one that the server refuses is set aside with the reason', async () => {
    const delivery = writeJournal(2);
    const file = journalFile(join(journal, 'local-run'));
    appendFileSync(file, `${JSON.stringify({ kind: 'metrics', metrics: [['bad@name', 1, 0, 1]] })}\n`);
    appendFileSync(file, `${JSON.stringify({ kind: 'metrics', metrics: [['loss', 1, 2, 1]] })}\n`);
    expect(await delivery.deliver()).toMatchObject({ pending: 0, rejected: 1 });
    expect(steps('loss')).toEqual(range(3));
    expect(readFileSync(join(journal, 'local-run/rejected.jsonl'), 'utf8')).toMatch(/Invalid name: bad@name/);
  });

  it('a line cut by a crash is dropped when the run goes on', async () => {
    writeJournal(2);
    appendFileSync(journalFile(join(journal, 'local-run')), '{"kind":"metrics","metrics":[["lo');
    const run = await resumeRun({ runId: 'local-run', journal, trackingUri: server.uri, systemMetricsSeconds: 0 });
    run.logMetrics({ loss: 0 }, 2);
    await run.finish();
    expect(steps('loss')).toEqual(range(3));
  });
});

describe('credentials', () => {
  it('are sent and never shown', async () => {
    const uri = server.uri.replace('//', '//user:secret@');
    const run = await startRun(options({ trackingUri: uri }));
    await run.finish();
    expect(server.calls.at(-1)!.headers.authorization).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`);
    await server.stop();
    const { problem } = await sync(journal, { trackingUri: uri, attempts: 1 }).then(async (idle) =>
      idle.pending ? idle : (await startRun(options({ trackingUri: uri }))).finish(),
    );
    expect(problem).toMatch(/can't be reached/);
    expect(problem).not.toContain('secret');
    const kept = readdirSync(journal, { recursive: true }).map(String).filter((name) => /\.jsonl?$/.test(name)); // prettier-ignore
    for (const name of kept) expect(readFileSync(join(journal, name), 'utf8')).not.toContain('secret');
    await server.start();
  });
});
