import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { borrowFromMainTree } from './borrow.mjs';
import { chosenDevice } from './libtensorflow.mjs';
import { checkNode, nodePackagesReady } from './node-packages.mjs';
import { SetupError, downloadFailure, run } from './process.mjs';
import { runSteps } from './steps.mjs';
import { paths } from './paths.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

describe('what setup tells a user', () => {
  it.each(['18.20.1', '12.0.0'])('Node %s is too old', (version) =>
    expect(() => checkNode(version)).toThrow(/install it/),
  );
  it('a newer Node is fine', () => expect(() => checkNode('24.1.0')).not.toThrow());

  it.each([
    ['npm error code ENOTFOUND', "can't be reached"],
    ['Failed to establish a new connection', "can't be reached"],
    ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES', 'not the one that this project pins'],
    ['OSError: [Errno 28] No space left on device', 'the disk is full'],
    ['something else', 'failed'],
  ])('%s', (output, message) => {
    const failure = downloadFailure('npm packages', output);
    expect(failure).toBeInstanceOf(SetupError);
    expect(failure.message).toContain(message);
  });

  it('EGOLAB_DEVICE forces the device', () => {
    expect(chosenDevice('cpu')).toBe('cpu');
    expect(chosenDevice('cuda')).toBe('cuda');
    expect(() => chosenDevice('tpu')).toThrow(/it may be cpu or cuda/);
  });

  it('a program that is missing is told from one that fails', async () => {
    expect(await run('no-such-program', [])).toMatchObject({ missing: true });
    expect(await run(process.execPath, ['-e', 'process.exit(3)'])).toMatchObject({ missing: false, code: 3 });
  });
});

describe('the steps', () => {
  const step = (name: string, needs: string[], made: string[], failure?: Error, done = false) => ({
    name,
    needs,
    ready: () => done,
    make: () => {
      if (failure) throw failure;
      made.push(name);
    },
  });

  it('what does not need a failed step is still made', async () => {
    const made: string[] = [];
    const failure = new SetupError('no network', 'connect');
    const steps = [
      step('a', [], made),
      step('b', [], made, failure),
      step('c', ['b'], made),
      step('d', ['a'], made),
      step('e', [], made, undefined, true),
    ];
    await expect(runSteps(steps)).rejects.toBe(failure);
    expect(made).toEqual(['a', 'd']);
  });
});

it('installed npm packages are those of the lock file', () => expect(nodePackagesReady()).toBe(true));

it('nothing that names a registry is in the lock files', () => {
  for (const file of [
    '../../package-lock.json',
    'requirements.lock',
    'wheels/models.txt',
    'wheels/libtensorflow-cpu.txt',
    'wheels/libtensorflow-cuda.txt',
  ]) {
    expect(readFileSync(join(here, file), 'utf8')).not.toMatch(/"resolved"|--(extra-)?index-url|--find-links/);
  }
});

it('a file that a wheel lacks is an error', async () => {
  const wheels = mkdtempSync(join(tmpdir(), 'egolab-wheels-'));
  const { code, stderr } = await run(paths.python, [join(here, 'extract.py'), wheels, 'some/(file)', wheels]);
  expect(code).toBe(1);
  expect(stderr).toContain('no file matches some/(file)');
  rmSync(wheels, { recursive: true });
});

it('only a tree with the same recipe lends its packages', () => {
  const other = mkdtempSync(join(tmpdir(), 'egolab-tree-'));
  expect(borrowFromMainTree(other)).toBe(false);
  mkdirSync(join(other, 'tools/setup'), { recursive: true });
  writeFileSync(join(other, 'package-lock.json'), '{}');
  expect(borrowFromMainTree(other)).toBe(false);
  rmSync(other, { recursive: true });
});
