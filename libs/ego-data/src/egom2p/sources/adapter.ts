import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SkipLog } from '../../skipped.ts';
import { readTextFile, UserError } from '@egolab/foundation';
import type { FrameSource, Recording } from '../recording.ts';
import { videoFrames } from '../frames.ts';

/** What an adapter is to read. */
export interface SourceOptions {
  readonly root: string;
  readonly split?: 'train' | 'val' | 'test';
  /** recordings and modalities that can't be used, with reasons */
  readonly log: SkipLog;
}

/** Recordings of a data set in its own layout, one after the other. */
export type Adapter = (options: SourceOptions) => AsyncGenerator<Recording>;

/** Names of the folders in a folder, in order; none when there is no such folder. */
export function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** Paths, relative to the root and `/`-separated, of the folders at most `depth` levels down that hold something. */
export function findFolders(root: string, holds: string, depth: number, below = ''): string[] {
  const here = join(root, below);
  if (existsSync(join(here, holds))) return [below];
  if (depth === 0) return [];
  return foldersIn(here).flatMap((name) =>
    findFolders(root, holds, depth - 1, below === '' ? name : `${below}/${name}`),
  );
}

/** The first of some files that is there. */
export const firstFile = (...files: readonly string[]): string | undefined => files.find((file) => existsSync(file));

/** Names in a text file, one a line. */
export function listedNames(file: string): string[] {
  return readTextFile(file)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A recording's video; where it is missing that is logged, and the recording goes without RGB. */
export async function videoIfThere(
  file: string | undefined,
  expected: string,
  log: SkipLog,
  crop?: number,
): Promise<FrameSource | undefined> {
  if (file !== undefined && existsSync(file)) return videoFrames(file, crop);
  log.add(`${expected} (rgb)`, 'no RGB video');
  return undefined;
}

/** What all streams cover: the shortest of the durations that are known. */
export function shared(...durations: readonly (number | undefined)[]): number {
  const known = durations.filter((duration) => duration !== undefined);
  return known.length === 0 ? 0 : Math.min(...known);
}

/**
 * Streams of one recording must have a frame each for each other's; a frame or two more at the end is common.
 * @throws UserError when they differ by more
 */
export function checkCounts(
  a: { name: string; count: number },
  b: { name: string; count: number },
  where: string,
): void {
  if (Math.abs(a.count - b.count) <= 2) return;
  throw new UserError({
    what: `modalities differ in length: ${a.count} ${a.name}, ${b.count} ${b.name}`,
    where,
    mend: 'a file is cut or of another recording: download the sequence again',
  });
}
