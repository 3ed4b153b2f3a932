import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { loadConfig } from './pipelines.ts';

const bin = fileURLToPath(new URL('../egolab.mjs', import.meta.url));

vi.setConfig({ testTimeout: 180_000 }); // the whole pipeline is loaded to know its keys

/** As a user would, from another folder and with another tree's tsconfig in the environment. */
function egolab(...args: string[]) {
  const env = { ...process.env, TSX_TSCONFIG_PATH: '/nowhere/tsconfig.json' };
  return spawnSync(process.execPath, [bin, ...args], { cwd: tmpdir(), encoding: 'utf8', env });
}

it('lists its commands without loading TensorFlow', () => {
  const { status, stdout, stderr } = egolab('--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const command of [
    'run',
    'ablate',
    'ask',
    'embed',
    'enrich',
    'generate',
    'windows',
    'tables',
    'data',
    'mlflow',
    'doctor',
  ])
    expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
});

it('shows an example with each command', () => {
  const { status, stdout } = egolab('run', '--help');
  expect(status).toBe(0);
  expect(stdout).toContain('Example:\n  $ npx egolab run stage2');
});

it('shows an override that the preset has', async () => {
  const { stdout } = egolab('run', '--help');
  const set = /--set (stage2\S+=\S+)/.exec(stdout)![1];
  await expect(loadConfig('micro', [set])).resolves.toHaveProperty('stage2');
});

it.each([
  ['an unknown command', ['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
  ['an unknown stage', ['run', 'stag2'], /^stage: there is no stage "stag2"\n {2}did you mean "stage\d"\?\n$/],
  ['an unknown option', ['run', 'stage2', '--prest', 'micro'], /unknown option '--prest'\n\(Did you mean --preset\?\)/],
  [
    'a number that is none',
    ['generate', '--model', 'x', '--prompt', 'y', '--top-p', '2'],
    /expected a number from 0 to 1/,
  ],
  ['a folder that is no run', ['ask', '--run', '/nowhere', '--video', 'x.mp4', 'What?'], /\/nowhere\/model\.json: /],
  ['an empty question', ['ask', '--run', '/nowhere', '--video', 'x.mp4', ' '], /^question: expected a question/m],
  [
    'a mistyped modality',
    ['predict', '--run', '/nowhere', '--video', 'x.mp4', '--to', 'depth,gase', '--out', '/nowhere'],
    /^--to: there is no modality "gase"\n {2}did you mean "gaze"\?\n$/,
  ],
  [
    'a mistyped ablation',
    ['ablate', 'exo2ego/tabel-7'],
    /^ablation: there is no ablation "exo2ego\/tabel-7"\n {2}did you mean "exo2ego\/table-7"\?\n$/,
  ],
  [
    'a paper without tables',
    ['tables', 'exo2eg'],
    /^paper: there are no tables of "exo2eg"\n {2}did you mean "exo2ego"\?\n$/,
  ],
  [
    'tables of a mistyped preset',
    ['tables', '--preset', 'mirco'],
    /^--preset: there is no preset "mirco"\n {2}did you mean "micro"\?\n$/,
  ],
  [
    'tables in a mistyped format',
    ['tables', '--format', 'htlm'],
    /^--format: there is no format "htlm"\n {2}did you mean "html"\?\n$/,
  ],
  [
    'a mistyped ablation',
    ['compare', 'exo2ego/tabel-7'],
    /^ablation: there is no ablation "exo2ego\/tabel-7"\n {2}did you mean "exo2ego\/table-7"\?\n$/,
  ],
  [
    'a comparison of one run folder that is none',
    ['compare', '/nowhere/micro/stage1', '/nowhere/micro/stage2'],
    /^\/nowhere\/micro\/stage1: there is no finished run.*\n {2}`npx nx run pipelines:stage1 --configuration=micro` makes it\n$/,
  ],
  [
    'a mistyped key',
    ['run', 'stage2', '--set', 'stage2.wieghts=1'],
    /--set stage2\.wieghts=1: stage2\.wieghts is not a known key; did you mean "weights"\?/,
  ],
])('answers %s with exit code 2 and one message', (_what, args, message) => {
  const { status, stdout, stderr } = egolab(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

it('prints one JSON object with --json', () => {
  const { status, stdout } = egolab('mlflow', 'status', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ running: expect.any(Boolean) });
});
