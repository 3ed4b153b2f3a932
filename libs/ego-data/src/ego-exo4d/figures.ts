import type { ClipPair } from './ego-exo-clips.ts';
import { wordCount } from './statistics.ts';
import type { Take } from './takes.ts';

/** One bar of a histogram, `from` included, `to` not. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A named share of the groups (a group: one take with all its views). */
export interface NamedShare {
  readonly name: string;
  readonly groups: number;
  /** percent of all groups */
  readonly percent: number;
}

/** What figures 7 to 11 of supplement A draw, the largest share first. */
export interface EgoExoFigures {
  /** figure 7: clips by duration, bars of a quarter of a second up to 3 s; the last holds the longer ones */
  readonly durations: readonly Bar[];
  /** figure 8: narrations by number of words; the last bar holds those of 30 and more */
  readonly words: readonly Bar[];
  /** figure 9 */
  readonly institutions: readonly NamedShare[];
  /** figure 10: the 50 most frequent tasks */
  readonly tasks: readonly NamedShare[];
  /** figure 11 */
  readonly scenarios: readonly NamedShare[];
}

const TASKS_SHOWN = 50;

/**
 * The data of supplement A's figures.
 *
 * @param clips of one or several splits
 * @param takes of the same folder, for tasks
 */
export function egoExoFigures(clips: readonly ClipPair[], takes: readonly Take[]): EgoExoFigures {
  const used = new Set(clips.map(({ takeUid }) => takeUid));
  const groups = takes.filter(({ takeUid }) => used.has(takeUid));
  return {
    durations: histogram(
      clips.map(({ start, end }) => end - start),
      { width: 0.25, bars: 13 },
    ),
    words: histogram(
      clips.map(({ text }) => wordCount(text)),
      { width: 1, bars: 31 },
    ),
    institutions: shares(groups.map(({ takeName }) => institution(takeName))),
    tasks: shares(groups.map(({ task }) => task)).slice(0, TASKS_SHOWN),
    scenarios: shares(groups.map(({ scenario }) => scenario)),
  };
}

/** Who recorded a take: Ego-Exo4D's take names begin with it, `sfu_cooking023_2`. */
export function institution(takeName: string): string {
  return takeName.split('_')[0].toLowerCase();
}

function histogram(values: readonly number[], { width, bars }: { width: number; bars: number }): Bar[] {
  const counts = new Array<number>(bars).fill(0);
  for (const value of values) counts[Math.min(bars - 1, Math.floor(value / width))]++;
  return counts.map((count, i) => ({ from: i * width, to: i === bars - 1 ? Infinity : (i + 1) * width, count }));
}

function shares(names: readonly string[]): NamedShare[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
    .map(([name, groups]) => ({ name, groups, percent: (100 * groups) / names.length }));
}
