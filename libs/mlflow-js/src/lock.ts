import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const lockFile = (folder: string) => join(folder, 'delivery.lock');

/** Claim a run's delivery for this process; false when a living process, or this one, delivers it already. */
export function claim(folder: string): boolean {
  try {
    writeFileSync(lockFile(folder), String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = ownerOf(folder);
  if (owner !== undefined) {
    if (alive(owner)) return false;
    unclaim(folder); // its owner was killed
  }
  return claim(folder);
}

/** The process that delivers; undefined when it has ended just now. */
function ownerOf(folder: string): number | undefined {
  try {
    return Number(readFileSync(lockFile(folder), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

export function unclaim(folder: string): void {
  rmSync(lockFile(folder), { force: true });
}

function alive(pid: number): boolean {
  if (!pid) return true; // just being written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
