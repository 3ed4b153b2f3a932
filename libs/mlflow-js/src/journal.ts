import {
  closeSync,
  copyFileSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '@egolab/foundation';
import type { JournalRecord } from './records.ts';

/** A file above this is linked, not copied: checkpoints are replaced as a whole, so the link keeps what was logged. */
const largestCopy = 16 * 2 ** 20;

export const journalFile = (folder: string): string => join(folder, 'journal.jsonl');

/**
 * A run's journal: one JSON line for each record, appended with one write each, so that records survive `kill -9` and
 * several threads may append. The delivering thread flushes it to disk.
 */
export class Journal {
  readonly folder: string;
  readonly #file: number;
  #snapshots = 0;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.#file = openSync(journalFile(folder), 'a+');
    dropTornLine(this.#file);
  }

  append(record: JournalRecord): void {
    try {
      writeSync(this.#file, `${JSON.stringify(record)}\n`);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      throw new UserError({
        what: `the disk is full (${code})`,
        where: journalFile(this.folder),
        mend: 'free some space and run the same command again',
        cause: error,
      });
    }
  }

  /** Keep a file as it is now until it is delivered. @returns its name in the journal's folder */
  snapshot(file: string): string {
    let name: string;
    do name = `artifact-${this.#snapshots++}-${basename(file)}`;
    while (existsSync(join(this.folder, name)));
    const target = join(this.folder, name);
    if (statSync(file).size > largestCopy) {
      try {
        linkSync(file, target);
        return name;
      } catch {
        // another file system: copy
      }
    }
    copyFileSync(file, target);
    return name;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A line without an end was being written when the process died. */
function dropTornLine(file: number): void {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  let end = size;
  while (end > 0 && readSync(file, last, 0, 1, end - 1) === 1 && last[0] !== 0x0a) end -= 1;
  if (end < size) ftruncateSync(file, end);
}

/** Bring what was appended to the disk: a delivered record must not be lost by a power failure, or the place reached would be wrong. */
export function flushJournal(folder: string): void {
  const file = openSync(journalFile(folder), 'r');
  fdatasyncSync(file);
  closeSync(file);
}

/** All whole records. */
export function readJournal(folder: string): JournalRecord[] {
  const lines = readFileSync(journalFile(folder), 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as JournalRecord);
}

export interface PlacedRecord {
  record: JournalRecord;
  /** the byte after the record's line */
  end: number;
}

/** The whole records from byte `offset` on, up to about `maxBytes` of them. */
export function readRecords(folder: string, offset: number, maxBytes = 4 * 2 ** 20): PlacedRecord[] {
  const file = openSync(journalFile(folder), 'r');
  try {
    const available = fstatSync(file).size - offset;
    let chunk = Buffer.alloc(Math.min(Math.max(available, 0), maxBytes));
    chunk = chunk.subarray(0, readSync(file, chunk, 0, chunk.length, offset));
    if (chunk.length === maxBytes && !chunk.includes(0x0a)) return readRecords(folder, offset, maxBytes * 2);
    const placed: PlacedRecord[] = [];
    for (let start = 0, newline; (newline = chunk.indexOf(0x0a, start)) >= 0; start = newline + 1) {
      placed.push({
        record: JSON.parse(chunk.toString('utf8', start, newline)) as JournalRecord,
        end: offset + newline + 1,
      });
    }
    return placed;
  } finally {
    closeSync(file);
  }
}

/** How many whole records stand after byte `offset`. */
export function countRecords(folder: string, offset: number): number {
  let count = 0;
  for (let at = offset, records; (records = readRecords(folder, at)).length > 0; at = records[records.length - 1].end)
    count += records.length;
  return count;
}
