import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '@egolab/foundation';
import {
  Interrupted,
  runStage,
  workspace as checkout,
  workspaceAt,
  type OpenTracker,
  type Progress,
  type RunOptions,
  type Workspace,
} from './index.ts';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));

let workspace: Workspace;
let notes: string[];
let tracked: unknown[][];

const progress: Progress = { note: (text) => notes.push(text), phase: () => ({ advance() {}, end() {} }) };
const openTracker: OpenTracker = async (start) => {
  tracked.push(['open', start.name, start.runId]);
  return {
    runId: start.runId ?? `run-${tracked.length}`,
    logMetrics: (record, step) => void tracked.push(['metrics', record, step]),
    logParams() {},
    setTags() {},
    logArtifact: (file) => void tracked.push(['artifact', file.split('/').at(-1)]),
    logDataset: (dataset) => void tracked.push(['dataset', dataset.name]),
    finish: async (status) => void tracked.push(['finish', status]),
  };
};
const environment = async () => ({ git: { revision: 'abc', dirty: false }, device: 'cpu', versions: {}, tags: {} });

const run = (stage: string, options: RunOptions = {}) =>
  runStage(stage, { workspace, progress, openTracker, environment, ...options });
const read = (...path: string[]) => readFileSync(join(workspace.artifacts, ...path), 'utf8');

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'egolab-run-'));
  workspace = { ...workspaceAt(root), root: checkout.root, stages: join(fixtures, 'stages') };
  mkdirSync(workspace.presets, { recursive: true });
  cpSync(join(fixtures, 'preset.yaml'), join(workspace.presets, 'micro.yaml'));
  notes = [];
  tracked = [];
});

describe('runStage', () => {
  it('writes outputs, metrics, history and a record', async () => {
    const first = await run('first');
    const second = await run('second');
    expect(readdirSync(join(workspace.artifacts, 'micro/second')).sort()).toEqual([
      'history.csv',
      'metrics.json',
      'model.json',
      'run.json',
    ]);
    expect(read('micro/second/history.csv').split('\n').slice(0, 3)).toEqual(['step,loss', '0,0.5', '1,0.25']);
    expect(JSON.parse(read('micro/second/metrics.json'))).toEqual({ resumedAt: 0, loss: 0.125, undefinedRatio: 'NaN' });
    expect(JSON.parse(read('micro/second/run.json'))).toEqual(second);
    expect(second).toMatchObject({
      stage: 'second',
      preset: 'micro',
      seed: 7,
      device: 'cpu',
      git: { revision: 'abc' },
      inputs: { numbers: { stage: 'first', key: first.key } },
    });
    expect(second.outputs['model.json']).toMatch(/^[0-9a-f]{64}$/);
    expect(second.parameters).toEqual({ seed: 7, second: { steps: 4, learningRate: 0.5, stopAt: null } });
    expect(first.datasets).toEqual([{ name: 'numbers', digest: 'abc', source: 'here', context: 'training' }]);
    expect(tracked).toContainEqual(['metrics', { count: 3, 'mean/value': expect.any(Number) }, 0]);
    expect(tracked.at(-1)).toEqual(['finish', 'FINISHED']);
  });

  it('refuses a stage that writes what it does not declare', async () => {
    const undeclared = run('first', { sets: ['first.undeclared=model/weights'] });
    await expect(undeclared).rejects.toThrow("stage first wrote model, which isn't among its outputs");
  });

  it('repeats itself', async () => {
    const once = await run('first');
    expect((await run('first')).outputs).toEqual(once.outputs);
    expect((await run('first', { sets: ['seed=8'] })).outputs['model.json']).not.toBe(once.outputs['model.json']);
  });

  it('says which stage has to run first', async () => {
    await expect(run('second')).rejects.toThrow(
      /stage "second" reads stage "first", which hasn't been run\n.*npx egolab run first --preset micro/,
    );
  });

  it('names unknown stages and presets', async () => {
    await expect(run('secnd')).rejects.toThrow(/there is no stage "secnd"\n {2}did you mean "second"\?/);
    await expect(run('first', { preset: 'macro' })).rejects.toThrow(
      /there is no preset "macro"\n {2}did you mean "micro"\?/,
    );
    await expect(run('first', { sets: ['first.cuont=1'] })).rejects.toThrow(UserError);
  });

  it('is stopped by SIGTERM and goes on with the same tracked run', async () => {
    await run('first');
    const stopAt2 = { sets: ['second.stopAt=2'] };
    const stopped = await run('second', stopAt2).catch((error: unknown) => error as Interrupted);
    expect(stopped).toBeInstanceOf(Interrupted);
    expect((stopped as Interrupted).exitCode).toBe(143);
    expect((stopped as Interrupted).message).toContain("npx egolab run second --preset micro --set 'second.stopAt=2'");
    expect(tracked.at(-1)).toEqual(['finish', 'KILLED']);
    const { mlflowRunId } = await run('second', stopAt2);
    expect(tracked.filter(([event]) => event === 'open').at(-1)).toEqual(['open', expect.any(String), mlflowRunId]);
    expect(notes).toContain('going on where the interrupted run stopped (--no-resume starts over)');
    const [variant] = readdirSync(workspace.artifacts).filter((name) => name.startsWith('micro+'));
    expect(JSON.parse(read(variant, 'second/metrics.json'))).toMatchObject({ resumedAt: 2 });
    expect(readdirSync(join(workspace.state, variant, 'second'))).toEqual([]);
  });

  it('starts over when asked, and when the input has changed', async () => {
    const stopAt2 = { sets: ['second.stopAt=2'] };
    await run('first');
    await expect(run('second', stopAt2)).rejects.toThrow(Interrupted);
    await expect(run('second', { ...stopAt2, resume: false })).rejects.toThrow(Interrupted);
    writeFileSync(
      join(workspace.presets, 'micro.yaml'),
      readFileSync(join(workspace.presets, 'micro.yaml'), 'utf8').replace('scale: 2', 'scale: 3'),
    );
    await run('first');
    await expect(run('second', stopAt2)).rejects.toThrow(Interrupted);
    expect(notes).toContain('the interrupted run had another configuration, code or input: starting over');
  });

  it("keeps the preset's results beside those of overrides and shares what they leave as it is", async () => {
    await run('first');
    await run('second');
    const variant = await run('second', { sets: ['second.learningRate=2'] });
    expect(read('micro/second/model.json')).not.toBe(
      readFileSync(
        join(
          workspace.artifacts,
          readdirSync(workspace.artifacts).find((name) => name.includes('+'))!,
          'second/model.json',
        ),
        'utf8',
      ),
    );
    expect(variant.inputs['numbers'].key).toBe(JSON.parse(read('micro/first/run.json')).key);
    await expect(run('second', { sets: ['world.scale=5'] })).rejects.toThrow(
      /reads stage "first", which hasn't been run\n.*nx run pipelines:second --configuration=\w+ --set 'world\.scale=5'/,
    );
  });

  it('keeps the old result when a later run fails', async () => {
    await run('first');
    const before = read('micro/first/run.json');
    const failing: OpenTracker = async (start) => ({
      ...(await openTracker(start)),
      logDataset: () => {
        throw new Error('broken');
      },
    });
    await expect(run('first', { openTracker: failing })).rejects.toThrow('broken');
    expect(read('micro/first/run.json')).toBe(before);
    expect(tracked.at(-1)).toEqual(['finish', 'FAILED']);
    expect(existsSync(join(workspace.artifacts, 'micro/.first.partial'))).toBe(false);
  });

  it('says when an input was made with another configuration', async () => {
    await run('first');
    writeFileSync(
      join(workspace.presets, 'micro.yaml'),
      readFileSync(join(workspace.presets, 'micro.yaml'), 'utf8').replace('scale: 2', 'scale: 3'),
    );
    await run('second');
    expect(notes.join('\n')).toContain('first was run with another configuration than the preset now has');
  });
});
