import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '@egolab/foundation';

/** Let one process at a time work in `folder`; what a killed one left behind is taken over. Returns the release. */
export function lockFolder(folder: string, what: string): () => void {
  const file = join(folder, 'lock');
  const own = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  rmSync(own, { force: true }); // of a killed process of this id
  writeFileSync(own, identity(process.pid));
  try {
    for (;;) {
      // the lock appears with its content, so nobody finds it empty
      if (linked(own, file)) return () => rmSync(file, { force: true });
      const holder = contentOf(file);
      if (holder === undefined) continue; // released just now
      const pid = Number(holder.split(' ')[0]);
      if (isAlive(pid) && identity(pid) === holder) {
        throw new UserError({
          what: `${what} is running already, as process ${pid}`,
          where: file,
          mend: 'wait for it, or stop it',
        });
      }
      removeStale(file, holder, `${own}.left-behind`);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Give a file a second name, whole: false when there is a file of that name. */
function linked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Remove the lock that a killed process left, but not one that another process has put in its place meanwhile. */
function removeStale(file: string, holder: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return;
  }
  if (contentOf(aside) !== holder) linked(aside, file);
  rmSync(aside, { force: true });
}

/**
 * As `lockFolder`, waiting while another process holds it.
 * @param say is told once that it has to wait, and for which process
 * @param signal ends the waiting: the promise is then rejected
 */
export async function lockWhenFree(
  folder: string,
  say: (holder: string) => void = () => {},
  signal?: AbortSignal,
): Promise<() => void> {
  for (let told = false; ; told = true) {
    try {
      return lockFolder(folder, folder);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!told) say(error.what);
      await setTimeout(POLL, undefined, { signal });
    }
  }
}

/** Milliseconds between two looks at what another process holds. */
export const POLL = 250;

/** Whether a process with this id runs. */
export function isAlive(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Process id with, on Linux, the time at which it started: ids are used again. */
function identity(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return `${pid} ${fields[19]}`;
  } catch {
    return `${pid}`;
  }
}
