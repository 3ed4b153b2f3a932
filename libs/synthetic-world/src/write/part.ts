import { linkSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Job, JobRecord } from './job.ts';

/** Some formats of the world: what is rendered for them, and the annotations that are written once that is done. */
export interface Part {
  readonly jobs: readonly Job[];
  /** @param records what the jobs tell, in their order; returns the numbers of what was written, by name */
  write(records: readonly JobRecord[]): Record<string, number>;
}

/** `train_007` */
export const numbered = (prefix: string, index: number): string => `${prefix}_${String(index).padStart(3, '0')}`;

export const list = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));

/** The same file under another name. */
export function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  linkSync(from, to);
}
