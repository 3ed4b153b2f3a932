import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random, sha256 } from '@egolab/foundation';
import { expect, it } from 'vitest';
import { readHistory } from './history.ts';

const script = fileURLToPath(new URL('fixtures/train-and-die.ts', import.meta.url));
const folder = () => mkdtempSync(join(tmpdir(), 'egolab-kill-'));
const TOTAL_STEPS = 12;
const TIMEOUT = 240_000; // a dozen processes, on a machine that may be busy

/** Train until the end, or until it is killed. `onLine` is told what the child writes: each step that it has done, or `paused`. */
async function run(stateFolder: string, moment = '', onLine: (child: ChildProcess, line: string) => void = () => {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', script, stateFolder, moment], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => text.trim().split('\n').forEach((line) => onLine(child, line))); // prettier-ignore
  return new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
}

const result = (stateFolder: string) => ({
  weights: sha256(readFileSync(join(stateFolder, 'model.safetensors'))),
  history: readHistory(join(stateFolder, 'history.csv')).map(({ samplesPerSecond: _, ...record }) => record),
});

it('ends with the same bytes after kill -9 at any moment, restarted each time', { timeout: TIMEOUT }, async () => {
  const [undisturbed, again, killed] = [folder(), folder(), folder()];
  const random = new Random(2024);
  const pulled = random.integer(8, 10);

  const disturbed = async () => {
    // saves are due at 3, 6, 9 and 12
    for (const moment of ['loss:2', 'save:3', 'record:3', 'load:5', 'save:6', 'record:8']) {
      expect(await run(killed, moment), moment).toEqual({ code: null, signal: 'SIGKILL' });
    }
    // whatever the child is doing when the parent has heard of the step
    await run(killed, '', (child, line) => line === String(pulled) && child.kill('SIGKILL'));
    expect(await run(killed)).toEqual({ code: 0, signal: null });
  };
  await Promise.all([disturbed(), run(undisturbed).then(() => run(again))]);

  const expected = result(undisturbed);
  expect(expected.history.map(({ step }) => step)).toEqual(Array.from({ length: TOTAL_STEPS }, (_, i) => i + 1));
  expect(result(again)).toEqual(expected);
  expect(result(killed)).toEqual(expected);
  expect(readdirSync(killed).sort()).toEqual(['history.csv', 'model.safetensors', 'train-state.safetensors']);
});

it('saves and exits cleanly at SIGINT and SIGTERM, and goes on from there', { timeout: TIMEOUT }, async () => {
  const stateFolder = folder();
  const heard: string[] = [];
  const hear = (signal?: NodeJS.Signals) => (child: ChildProcess, line: string) => {
    if (line !== 'paused') {
      heard.push(line);
    } else {
      child.kill(signal);
      child.kill(signal); // as when the terminal and npm both pass Ctrl-C on
    }
  };
  expect(await run(stateFolder, 'pause:4', hear('SIGINT'))).toEqual({ code: 0, signal: null });
  expect(await run(stateFolder, 'pause:8', hear('SIGTERM'))).toEqual({ code: 0, signal: null });
  expect([7, 8]).toContain(heard.length); // the signal comes while step 8 is loaded ahead: before or after step 7 has looked
  expect(await run(stateFolder, '', hear())).toEqual({ code: 0, signal: null });
  expect(heard).toEqual(Array.from({ length: TOTAL_STEPS }, (_, i) => String(i + 1))); // no step twice: each was saved at its last one
});
