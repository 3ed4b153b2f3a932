import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UserError } from './errors.ts';
import { jsonProblem } from './json.ts';

/**
 * Write a file so that a reader, or a restart after `kill -9`, sees the old content or the new one, never a part:
 * write beside it, flush to disk, rename. A full disk removes the part, keeps the old file and is the user's to mend.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | Iterable<Uint8Array>): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  const file = openSync(partial, 'w');
  try {
    const chunks =
      typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
    for (const chunk of chunks) writeAll(file, chunk);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(partial, { force: true });
    throw diskFull(error, path);
  }
  closeSync(file);
  renameSync(partial, path);
  syncDirectory(dirname(path));
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.length;) offset += writeSync(file, chunk, offset);
}

/** A rename is durable once its directory is. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function diskFull(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
  return new UserError({
    what: `the disk is full (${code}); what was saved before is whole`,
    where: path,
    mend: 'free some space and run the same command again: it goes on from the last save',
    cause: error,
  });
}

/**
 * Read a UTF-8 file that the user named.
 * @throws UserError when it is missing, a folder or in another encoding
 */
export function readTextFile(path: string, mend?: string): string {
  requireFile(path, mend);
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UserError({
      what: `not UTF-8 text: line ${lineOfForeignByte(bytes)} holds bytes of another encoding`,
      where: path,
      mend: 'it may be Windows-1252 or UTF-16: save it as UTF-8; or cut: copy it again',
      cause: error,
    });
  }
}

/** @throws UserError when there is no such file, or a folder of that name */
export function requireFile(path: string, mend?: string): void {
  if (!existsSync(path)) throw new UserError({ what: 'there is no such file', where: path, mend });
  if (statSync(path).isDirectory()) throw new UserError({ what: 'expected a file, got a folder', where: path, mend });
}

/** The first line, from 1, that is not UTF-8. */
function lineOfForeignByte(bytes: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let begin = 0; begin < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, begin);
    try {
      decoder.decode(bytes.subarray(begin, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    begin = end < 0 ? bytes.length : end + 1;
  }
  return line;
}

export interface JsonFileOptions {
  /** refuse an object that has a key twice, of which JSON.parse would keep the last: for objects by id */
  readonly uniqueKeys?: boolean;
}

/**
 * Parse a JSON file that the user named.
 * @throws UserError that names the file and the place in it where it is cut, or not JSON
 */
export function readJsonFile(path: string, mend?: string, { uniqueKeys = false }: JsonFileOptions = {}): unknown {
  const text = readTextFile(path, mend);
  if (text.startsWith('\ufeff')) throw notJson(path, 'it begins with a byte order mark', 'save it as UTF-8 without it');
  let value: unknown;
  let failure: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    failure = error;
  }
  if (failure === undefined && !uniqueKeys) return value;
  const problem = jsonProblem(text);
  if (!problem && failure === undefined) return value;
  const at = problem
    ? `at ${problem.path || 'the top'}, line ${problem.line}: ${problem.what}`
    : (failure as Error).message;
  throw notJson(path, at, mend ?? 'the file may be cut: download or copy it again', failure);
}

function notJson(where: string, what: string, mend: string, cause?: unknown): UserError {
  return new UserError({ what: `not valid JSON: ${what}`, where, mend, cause });
}

/**
 * The absolute path of `path` below `root`. Paths in annotation files are data: one that leaves the dataset root,
 * by "..", by being absolute or through a link, is refused.
 */
export function resolveInside(root: string, path: string, where: string): string {
  const absoluteRoot = existsSync(root) ? realpathSync(root) : resolve(root);
  const target = resolve(absoluteRoot, path);
  const real = existsSync(target) ? realpathSync(target) : target;
  for (const candidate of [target, real]) {
    const inside = relative(absoluteRoot, candidate);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new UserError({
        what: `the path "${path}" leaves the dataset root ${root}`,
        where,
        mend: 'paths in annotation files must stay below the root: correct the entry or move the file',
      });
    }
  }
  return target;
}

/** SHA-256 of some text or bytes, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
