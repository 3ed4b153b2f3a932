import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { readableDvcLine } from './dvc-output.ts';
import { makeCheckout } from './fixtures/checkout.ts';
import { workspace } from './workspace.ts';

vi.setConfig({ testTimeout: 600_000 }); // a dozen processes, each of which loads TensorFlow or DVC; the machine may be busy

const hasDvc = existsSync(join(workspace.root, '.venv/bin/dvc'));

const ablation = `paper: demo
id: rates
title: Learning rates
source: nowhere
table: null
evaluate: [{ id: loss, title: Loss, stage: second, path: loss, better: lower }]
baseline: slow
variants:
  - { id: slow, title: slow, set: ['second.learningRate=0.5'] }
  - { id: medium, title: medium, set: ['second.learningRate=3'] }
  - { id: fast, title: fast, set: ['second.learningRate=4'] }
`;

it.skipIf(!hasDvc)(
  'runs what is stale, reuses the rest, and keeps variants apart (skipped without DVC in .venv)',
  () => {
    const root = makeCheckout();
    const node = (...args: string[]) => {
      const env = {
        ...process.env,
        TSX_TSCONFIG_PATH: join(root, 'tsconfig.base.json'),
        MLFLOW_TRACKING_URI: 'http://127.0.0.1:9',
      };
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...args], {
        cwd: root,
        encoding: 'utf8',
        env,
      });
      return { status, stdout, stderr };
    };
    const repro = (...args: string[]) => node('pipelines/src/main.ts', ...args);

    expect(node('pipelines/src/dvc-yaml.ts').status).toBe(0);
    const fresh = repro('second');
    expect(fresh.stderr).toContain('second: done in');
    expect(fresh.status).toBe(0);
    expect(readdirSync(join(root, 'artifacts/micro/second')).sort()).toEqual([
      'history.csv',
      'metrics.json',
      'model.json',
      'run.json',
    ]);

    const again = repro('second');
    expect(again.stdout).toBe(
      'first: reused (nothing that it depends on has changed)\nsecond: reused (nothing that it depends on has changed)\n',
    );

    expect(repro('second', '--jobs', '2').stdout).toBe(again.stdout);
    rmSync(join(root, 'artifacts/micro/second'), { recursive: true });
    expect(repro('second', '--jobs', '2').stdout).toBe(
      'first: reused (nothing that it depends on has changed)\nsecond: reused from the cache (it ran like this before)\n',
    );
    expect(existsSync(join(root, 'artifacts/micro/second/model.json'))).toBe(true);

    const variant = repro('second', '--set', 'second.learningRate=3');
    expect(variant.stdout).toContain('first: reused');
    const [folder] = readdirSync(join(root, 'artifacts')).filter((name) => name.startsWith('micro+'));
    expect(JSON.parse(readFileSync(join(root, 'artifacts', folder, 'second/run.json'), 'utf8'))).toMatchObject({
      preset: 'micro',
      sets: ['second.learningRate=3'],
    });

    expect(repro('second', '--set', 'second.learningRate=3').stdout).toBe(
      `first: reused (nothing that it depends on has changed)\nsecond (${folder}): reused (nothing that it depends on has changed)\n`,
    );

    mkdirSync(join(root, 'experiments/ablations/demo'), { recursive: true });
    writeFileSync(join(root, 'experiments/ablations/demo/rates.yaml'), ablation);
    const rates = () => node('pipelines/src/ablations/main.ts', '--table', 'demo/rates', '--workers', '2');
    const grid = rates();
    expect(grid.status).toBe(0);
    expect(grid.stderr).toContain('4 stage runs: 3 reused, 1 to run');
    const table = /^demo\/rates: .*$[^]*/m.exec(grid.stdout)![0];
    expect(table).toMatch(/^medium +0\.750 \(\+0\.625 ▼\)$/m);
    expect(table).toMatch(/^fast +1\.000 \(\+0\.875 ▼\)$/m);
    const repeated = rates();
    expect(repeated.stdout.endsWith(table)).toBe(true);
    expect(repeated.stderr).toContain('4 stage runs: 4 reused, 0 to run');

    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
        encoding: 'utf8',
      });
    git('add', '-A');
    git('commit', '-q', '-m', 'all');
    expect(rates().stderr).toContain('`dvc exp show` has them too: demo-rates-slow-seed7, …');
    const shown = execFileSync(join(root, '.venv/bin/dvc'), ['exp', 'show', '--csv'], { cwd: root, encoding: 'utf8' });
    const [head, ...lines] = shown
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const column = (name: string) => head.findIndex((title) => title.endsWith(name));
    expect(
      lines
        .filter(([name]) => name.startsWith('demo-'))
        .map((line) => [line[0], line[column('second.learningRate')], line[column('micro/second/metrics.json:loss')]])
        .sort(),
    ).toEqual([
      ['demo-rates-fast-seed7', '4', '1'],
      ['demo-rates-medium-seed7', '3', '0.75'],
      ['demo-rates-slow-seed7', '0.5', '0.125'],
    ]);

    const mistyped = repro('secnd');
    expect(mistyped.status).toBe(2);
    expect(mistyped.stderr).toBe('stage: there is no stage "secnd"\n  did you mean "second"?\n');
  },
);

it('tells what DVC did in the words of the pipeline', () => {
  expect(readableDvcLine("Stage 'stage1@micro' didn't change, skipping")).toBe(
    'stage1: reused (nothing that it depends on has changed)',
  );
  expect(readableDvcLine("Stage 'stage1@micro' is cached - skipping run, checking out outputs")).toBe(
    'stage1: reused from the cache (it ran like this before)',
  );
  expect(
    readableDvcLine("Stage 'experiments/variants/dvc.yaml:depth-pretrain_micro_1a2b3c4d' didn't change, skipping"),
  ).toBe('depth-pretrain (micro+1a2b3c4d): reused (nothing that it depends on has changed)');
  expect(readableDvcLine('To track the changes with git, run:')).toBeUndefined();
  expect(readableDvcLine("Reproduction failed: 'x'")).toBe("Reproduction failed: 'x'");
});
