import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UserError } from './errors.ts';
import { jsonProblem } from './json.ts';
import { readTextFile } from './text.ts';

/**
 * Write a file so that a reader, or a restart after `kill -9`, sees the old content or the new one, never a part:
 * write beside it, flush to disk, rename. A full disk removes the part and keeps the old file.
 * @throws UserError when the disk is full, or no file can be there
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | Iterable<Uint8Array>): void {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeDurably(partial, content);
    renameSync(partial, path);
    syncDirectory(dirname(path));
  } catch (error) {
    if (existsSync(partial)) rmSync(partial);
    throw refusal(error, path);
  }
}

/** Write and flush. */
function writeDurably(path: string, content: string | Uint8Array | Iterable<Uint8Array>): void {
  const file = openSync(path, 'w');
  try {
    const chunks =
      typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
    for (const chunk of chunks) writeAll(file, chunk);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
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

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** What the file system says of a place where nobody, or not this user, can write a file. */
const unwritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENAMETOOLONG']);

/** What the user can mend, as such. */
function refusal(error: unknown, path: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (full.has(code))
    return new UserError({
      what: `the disk is full (${code}); what was saved before is whole`,
      where: path,
      mend: 'free some space and run the same command again: it goes on from the last save',
      cause: error,
    });
  if (!unwritable.has(code)) return error;
  return new UserError({
    what: `it can't be written (${(error as Error).message})`,
    where: path,
    mend: 'name a file in a folder that you may write to',
    cause: error,
  });
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
  if (failure === undefined) throw new UserError({ what: at, where: path, mend: 'keep one of the two' });
  throw new UserError({
    what: `not valid JSON: ${at}`,
    where: path,
    mend: mend ?? 'the file may be cut: download or copy it again',
    cause: failure,
  });
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
