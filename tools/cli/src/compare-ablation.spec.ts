import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { compareVariants } from '@egolab/reporting';
import { mlflowPage } from './mlflow-page.ts';
import {
  ablationRequest,
  runStage,
  silentProgress,
  workspace as checkout,
  workspaceAt,
  type Workspace,
} from './pipelines.ts';

vi.setConfig({ testTimeout: 60_000 });

const rates = `paper: demo
id: counts
title: How many numbers
source: nowhere
table: null
evaluate:
  - { id: count, title: Numbers, stage: first, path: count, better: higher }
baseline: three
variants:
  - { id: three, title: three }
  - { id: five, title: five, set: ['first.count=5'] }
  - { id: nine, title: nine, set: ['first.count=9'] }
claims:
  - { text: more is more, source: nowhere, better: five, than: [three], in: [count] }
`;

let workspace: Workspace;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'egolab-compare-'));
  const fixtures = join(checkout.root, 'pipelines/src/fixtures');
  workspace = { ...workspaceAt(root), stages: join(fixtures, 'stages') };
  for (const folder of [workspace.presets, join(root, 'experiments/ablations/demo')])
    mkdirSync(folder, { recursive: true });
  symlinkSync(join(checkout.root, 'libs'), join(root, 'libs'));
  cpSync(join(fixtures, 'preset.yaml'), join(workspace.presets, 'micro.yaml'));
  writeFileSync(join(root, 'experiments/ablations/demo/counts.yaml'), rates);
});
afterEach(() => rmSync(workspace.root, { recursive: true }));

const run = (...sets: string[]) =>
  runStage('first', {
    workspace,
    sets,
    progress: silentProgress,
    environment: async () => ({ git: { revision: 'abc', dirty: false }, device: 'cpu', versions: {}, tags: {} }),
    openTracker: async () => ({
      runId: 'run',
      logMetrics() {},
      logParams() {},
      setTags() {},
      logArtifact() {},
      logDataset() {},
      finish: async () => {},
    }),
  });
const request = (name = 'demo/counts') => ablationRequest(name, { preset: 'micro', sets: [] }, workspace);

it('finds what has run, seed by seed, and says what would run the rest', async () => {
  await run();
  await run('seed=8');
  await run('first.count=5');
  await run('first.count=5', 'seed=8');
  const comparison = compareVariants(await request());
  const [three, five, nine] = comparison.variants;
  expect(three.runs.map(({ seed }) => seed)).toEqual([7, 8]);
  expect(five.cells[0]).toMatchObject({ mean: 5, difference: 2, effect: { method: 'paired-t', interval: [2, 2] } });
  expect(nine.cells[0]).toEqual({ values: [] });
  expect(nine.missing[0]).toEqual({ seed: 7, reason: 'not run', command: 'npx egolab ablate demo/counts --preset micro --seeds 2' }); // prettier-ignore
  expect(comparison.differences).toEqual([{ key: 'first.count', values: [3, 5, 9] }]);
  expect(comparison.claims[0].verdict).toBe('held');
});

it('shows no number of another configuration than the preset now has', async () => {
  await run();
  await run('first.count=5');
  const preset = `seed: 7\ntracking: { experiment: test, server: null }\nworld: { scale: 3 }\nfirst: { count: 3 }\nsecond: { steps: 4, learningRate: 0.5, stopAt: null }\n`;
  writeFileSync(join(workspace.presets, 'micro.yaml'), preset);
  await run();
  const { variants } = compareVariants(await request());
  expect(variants[0].cells[0].mean).toBe(3);
  expect(variants[1]).toMatchObject({ runs: [], missing: [{ reason: 'its run had another configuration than the preset now has' }] }); // prettier-ignore
});

it('refuses an unknown ablation, and one of which nothing has run', async () => {
  await expect(request('demo/count')).rejects.toThrow(
    'there is no ablation "demo/count"\n  did you mean "demo/counts"?',
  );
  await expect(request()).rejects.toThrow(
    'no variant of "demo/counts" has run at micro\n  run them: `npx egolab ablate demo/counts --preset micro`',
  );
});

it('writes a page that compares run folders, from any folder', async () => {
  const [first, second] = [await run(), await run('first.count=5')].map(({ variant }) => join(workspace.artifacts, variant, 'first')); // prettier-ignore
  const bin = join(checkout.root, 'tools/cli/egolab.mjs');
  const args = [bin, 'compare', first, second, '--format', 'html', '--out', 'page.html'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: workspace.root, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe('the comparison is in page.html\n');
  const html = readFileSync(join(workspace.root, 'page.html'), 'utf8');
  expect(html).toContain('<th scope="col" class="setting">first.<wbr>count</th>');
  expect(html).toContain('href="artifacts/micro/first/"');
});

it('knows the page of a run whose records a server has', () => {
  const journal = join(workspace.root, 'journal');
  const cursor = { server: 'http://127.0.0.1:5000', runId: 'theirs', artifactUri: 'mlflow-artifacts:/3/theirs/artifacts', offset: 1 }; // prettier-ignore
  mkdirSync(join(journal, 'ours'), { recursive: true });
  writeFileSync(join(journal, 'ours/cursor.json'), JSON.stringify(cursor));
  expect(mlflowPage(journal, 'ours')).toBe('http://127.0.0.1:5000/#/experiments/3/runs/theirs');
  expect(mlflowPage(journal, 'other')).toBeUndefined();
  writeFileSync(join(journal, 'ours/cursor.json'), '{}');
  expect(mlflowPage(journal, 'ours')).toBeUndefined();
});
