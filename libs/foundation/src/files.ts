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
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UserError } from './errors.ts';

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

/** Read a UTF-8 file that the user named. */
export function readTextFile(path: string, mend?: string): string {
  if (!existsSync(path)) throw new UserError({ what: 'there is no such file', where: path, mend });
  return readFileSync(path, 'utf8');
}

/** Parse a JSON file that the user named; a file cut in half is a UserError that names it. */
export function readJsonFile(path: string, mend?: string): unknown {
  const text = readTextFile(path, mend);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError({
      what: `not valid JSON: ${(error as Error).message}`,
      where: path,
      mend: mend ?? 'the file may be cut: download or copy it again',
      cause: error,
    });
  }
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
