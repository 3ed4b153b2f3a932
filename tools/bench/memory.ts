import { readFileSync, writeFileSync } from 'node:fs';

function statusBytes(field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  if (!match) throw new Error(`/proc/self/status has no ${field}`);
  return Number(match[1]) * 1024;
}

/** Highest resident memory of this process since the start or the last reset, in bytes (Linux). */
export const peakMemory = () => statusBytes('VmHWM');

export const residentMemory = () => statusBytes('VmRSS');

/** See proc(5), clear_refs. */
export const resetPeakMemory = () => writeFileSync('/proc/self/clear_refs', '5');
