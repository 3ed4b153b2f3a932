import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { paths } from './paths.mjs';

const lock = `${paths.own}/setup.lock`;

/** Only one setup changes a tree at a time; another one waits, and finds the work done. @param {() => Promise<void>} work */
export async function withLock(work) {
  mkdirSync(paths.own, { recursive: true });
  for (let told = false; !take(); told = true) {
    if (!told) process.stderr.write('waiting for another setup of this folder …\n');
    await wait(500);
  }
  process.once('exit', release);
  try {
    await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take() {
  try {
    const file = openSync(lock, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const owner = holder();
    if (owner !== undefined && !alive(owner)) release(); // it was killed
    return false;
  }
}

/** Whose it is; undefined when it was released just now. */
function holder() {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

function release() {
  try {
    unlinkSync(lock);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** @param {number} pid */
function alive(pid) {
  if (!pid) return true; // just being written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
