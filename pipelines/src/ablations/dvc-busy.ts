import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isAlive, POLL } from '../lock.ts';
import type { Workspace } from '../workspace.ts';

interface DvcLocks {
  /** path -> the process that writes it */
  write?: Record<string, { pid: number; cmd: string }>;
}

/**
 * Wait until no process of DVC writes into these folders: that of an ablation whose own process was killed goes on, and DVC refuses a
 * second one instead of waiting.
 * @param say is told once that it has to wait, and for which process
 */
export async function whenDvcIsFree(
  { root }: Workspace,
  folders: readonly string[],
  say: (holder: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let told = false; ; told = true) {
    const writer = writers(join(root, '.dvc/tmp/rwlock')).find(({ path }) =>
      folders.some((folder) => path.startsWith(`${folder}/`)),
    );
    if (!writer) return;
    if (!told) say(`${writer.path} is being written by process ${writer.pid}`);
    await setTimeout(POLL, undefined, { signal });
  }
}

/** Paths that living processes of DVC write. DVC rewrites the file in place: what can't be read is looked at again. */
function writers(file: string): { path: string; pid: number }[] {
  if (!existsSync(file)) return [];
  try {
    const { write = {} } = JSON.parse(readFileSync(file, 'utf8')) as DvcLocks;
    return Object.entries(write).flatMap(([path, { pid }]) => (isAlive(pid) ? [{ path, pid }] : []));
  } catch {
    return [];
  }
}
