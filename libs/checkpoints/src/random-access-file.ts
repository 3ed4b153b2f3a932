import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '@egolab/foundation';

/** A file read by position: any part of it, without the rest in memory. */
export class RandomAccessFile {
  readonly size: number;
  private descriptor: number | undefined;

  constructor(readonly path: string) {
    this.descriptor = open(path);
    this.size = fstatSync(this.descriptor).size;
  }

  /** The `length` bytes from `position`; a file that ends before is a UserError that says what was wanted. */
  read(position: number, length: number, what: string): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(bytes, position, what);
    return bytes;
  }

  /** Fill `bytes` from `position`, without a copy in between. */
  readInto(bytes: Uint8Array, position: number, what: string): void {
    if (this.descriptor === undefined) throw new Error(`${this.path} was closed before ${what} was read`);
    for (let done = 0; done < bytes.length;) {
      const count = readSync(this.descriptor, bytes, done, Math.min(bytes.length - done, MAX_READ), position + done);
      if (count === 0) throw truncated(this.path, what, position + bytes.length, position + done);
      done += count;
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}

/** Linux returns at most 2 GiB a read. */
const MAX_READ = 2 ** 30;

/** The error for a file that ends before `what` does. */
export function truncated(path: string, what: string, expected: number, found: number): UserError {
  return new UserError({
    what: `the file is cut: ${what} ends at byte ${expected}, the file at byte ${found}`,
    where: path,
    mend: 'download or copy it again',
  });
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new UserError({
      what: `can't be opened (${(error as NodeJS.ErrnoException).code})`,
      where: path,
      mend: 'check the path',
      cause: error,
    });
  }
}
