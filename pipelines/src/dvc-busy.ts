import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isAlive, POLL } from './lock.ts';
import type { Workspace } from './workspace.ts';

interface Holder {
  pid: number;
  cmd: string;
}

/** `.dvc/tmp/rwlock`: by path, who writes it and who reads it while a stage runs. */
interface DvcLocks {
  write?: Record<string, Holder>;
  read?: Record<string, Holder[]>;
}

/** What a run of DVC needs for itself. */
export interface Needed {
  /** folders of stages that it runs or verifies: DVC lets nobody else read or write there meanwhile */
  stages: readonly string[];
  /** folders that it reads */
  inputs?: readonly string[];
}

/**
 * Wait until no process of DVC is in these folders: DVC refuses a second one instead of waiting. It may be another terminal's, or that of
 * an ablation whose own process was killed.
 * @param say is told once that it has to wait, and for which process
 */
export async function whenDvcIsFree(
  { root }: Workspace,
  { stages, inputs = [] }: Needed,
  say: (holder: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const within = (path: string, folders: readonly string[]) => folders.some((folder) => path.startsWith(`${folder}/`));
  for (let told = false; ; told = true) {
    const { written, read } = heldPaths(join(root, '.dvc/tmp/rwlock'));
    const holder =
      written.find(({ path }) => within(path, stages) || within(path, inputs)) ??
      read.find(({ path }) => within(path, stages));
    if (!holder) return;
    if (!told) say(`process ${holder.pid} is using ${holder.path}`);
    await setTimeout(POLL, undefined, { signal });
  }
}

interface Held {
  path: string;
  pid: number;
}

/** Paths that living processes of DVC hold. DVC rewrites the file in place: what can't be read is looked at again. */
function heldPaths(file: string): { written: Held[]; read: Held[] } {
  const held = (locks: Record<string, Holder | Holder[]>): Held[] =>
    Object.entries(locks).flatMap(([path, holders]) =>
      [holders].flat().flatMap(({ pid }) => (isAlive(pid) ? [{ path, pid }] : [])),
    );
  try {
    const { write = {}, read = {} } = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DvcLocks) : {};
    return { written: held(write), read: held(read) };
  } catch {
    return { written: [], read: [] };
  }
}
