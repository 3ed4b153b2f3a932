import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { root } from './paths.mjs';

/** Something that the user can mend: shown without a stack trace, exit code 2. */
export class SetupError extends Error {
  /** @param {string} what @param {string} mend */
  constructor(what, mend) {
    super(`${what}\n  ${mend}`);
    this.what = what;
    this.mend = mend;
  }
}

const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

/**
 * Run a program and wait for it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string, missing: boolean }>} `missing`: there is no such program
 */
export function run(command, args, { env = {}, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', (error) => {
      children.delete(child);
      resolve({ code: null, stdout, stderr: error.message, missing: error.code === 'ENOENT' });
    });
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, stdout, stderr, missing: false });
    });
  });
}

/** The last lines that say something, for a failure message. @param {string} text */
export function tail(text, lines = 8) {
  const told = text.split('\n').filter((line) => line.trim() && !/^WARNING: Location/.test(line));
  return told.slice(-lines).join('\n  ');
}

/** What a download's error output means for the user. @param {string} subject @param {string} output */
export function downloadFailure(subject, output) {
  if (/No space left|ENOSPC/i.test(output))
    return new SetupError(`${subject}: the disk is full`, 'free about 4 GB and run `npm run setup` again');
  if (/DO NOT MATCH THE HASHES|EINTEGRITY/i.test(output)) {
    return new SetupError(
      `${subject}: a downloaded file is not the one that this project pins`,
      `the registry or a proxy delivers something else:\n  ${tail(output)}`,
    );
  }
  const offline =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|name resolution|Network is unreachable|Failed to establish|Connection refused|Max retries|ProxyError|timed out|from versions: none/i;
  if (offline.test(output)) {
    return new SetupError(
      `${subject}: the package registry can't be reached`,
      `connect to the network (or set your proxy for npm and pip) and run \`npm run setup\` again:\n  ${tail(output, 3)}`,
    );
  }
  return new SetupError(`${subject}: failed`, tail(output));
}

/** @param {...(string | Buffer)} parts */
export function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

/** A stamp says from which inputs a folder or file was made. @param {string} stamp @param {string} value */
export function stamped(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
}

/** @param {string} stamp @param {string} value */
export function writeStamp(stamp, value) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(`${stamp}.partial`, value);
  renameSync(`${stamp}.partial`, stamp);
}
