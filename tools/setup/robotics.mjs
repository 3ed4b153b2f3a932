#!/usr/bin/env node
/**
 * Make the Python environment of stage `franka-kitchen`: gymnasium-robotics, MuJoCo and h5py in `.egolab/robotics`. Not part of
 * `npm run setup`, since nothing else needs it. A second run looks and does nothing.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { paths } from './paths.mjs';
import { SetupError, digest, downloadFailure, run, stamped, tail, writeStamp } from './process.mjs';
import { makeVenv, venvReady } from './python.mjs';

const requirements = fileURLToPath(new URL('requirements-robotics.txt', import.meta.url));
const stamp = `${paths.robotics}/.egolab-stamp`;
const python = `${paths.robotics}/bin/python`;
const stampValue = () => digest(readFileSync(requirements));

/** Whether the environment is there with the pinned packages. */
export const roboticsReady = () => existsSync(python) && stamped(stamp, stampValue());

async function install() {
  if (!venvReady()) await makeVenv();
  rmSync(paths.robotics, { recursive: true, force: true });
  const made = await run(paths.python, ['-m', 'venv', paths.robotics]);
  if (made.code !== 0) throw new SetupError("the robotics environment can't be made", tail(made.stdout + made.stderr));
  const options = ['--quiet', '--progress-bar=off', '--only-binary=:all:'];
  const { code, stdout, stderr } = await run(python, ['-m', 'pip', 'install', ...options, '-r', requirements]);
  if (code !== 0) throw downloadFailure('robotics packages', stdout + stderr);
  writeStamp(stamp, stampValue());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (roboticsReady()) process.stderr.write(`${paths.robotics} is ready\n`);
    else {
      process.stderr.write('Installing gymnasium-robotics, MuJoCo and h5py (about 300 MB) …\n');
      await withLock(async () => roboticsReady() || (await install()));
      process.stderr.write(`Ready: ${paths.robotics}\n`);
    }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
