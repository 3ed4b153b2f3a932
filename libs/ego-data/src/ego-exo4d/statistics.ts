/** The numbers of the paper's section 3.1 and supplement A (figures 7, 8 and 11). */
export interface ClipStatistics {
  /** takes: one egocentric video and its exocentric ones */
  readonly groups: number;
  readonly videos: number;
  /** hours of all videos, and of the takes once; undefined when durations are unknown */
  readonly videoHours: number | undefined;
  readonly takeHours: number | undefined;
  readonly narrations: number;
  /** narrations times exocentric views */
  readonly egoExoPairs: number;
  /** seconds; the share of clips shorter than one second in percent */
  readonly clip: Distribution & { readonly under1s: number };
  /** words; the share of narrations of 10 to 20 words in percent */
  readonly words: Distribution & { readonly from10to20: number };
  readonly shortestClip: string | undefined;
  readonly longestClip: string | undefined;
  readonly longestNarration: string | undefined;
  /** groups by scenario, the largest first */
  readonly scenarios: Readonly<Record<string, number>>;
}

export interface Distribution {
  readonly mean: number;
  /** population standard deviation */
  readonly std: number;
  readonly min: number;
  readonly max: number;
}

export interface StatisticsInput {
  readonly clips: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
    readonly exoViews: number;
  }[];
  readonly groups: readonly {
    readonly videos: number;
    readonly duration: number | undefined;
    readonly scenario: string;
  }[];
}

/** What the paper reports for Ego-ExoClip, to stand beside the measured numbers. */
export const paperStatistics = {
  groups: 2925,
  videos: 15_478,
  videoHours: 623.6,
  takeHours: 116,
  narrations: 261_300,
  egoExoPairs: 1_100_000,
  clip: { mean: 0.68, std: 0.57, max: 70.43, under1s: 82.0 },
  words: { mean: 10.98, std: 3.16, from10to20: 65.5 },
} as const;

export function clipStatistics({ clips, groups }: StatisticsInput): ClipStatistics {
  const lengths = clips.map(({ start, end }) => end - start);
  const words = clips.map(({ text }) => wordCount(text));
  const clip = distribution(lengths);
  const word = distribution(words);
  const timed = groups.every(({ duration }) => duration !== undefined);
  const hours = (weight: (group: StatisticsInput['groups'][number]) => number) =>
    timed ? groups.reduce((sum, group) => sum + (weight(group) * group.duration!) / 3600, 0) : undefined;
  return {
    groups: groups.length,
    videos: groups.reduce((sum, { videos }) => sum + videos, 0),
    videoHours: hours(({ videos }) => videos),
    takeHours: hours(() => 1),
    narrations: clips.length,
    egoExoPairs: clips.reduce((sum, { exoViews }) => sum + exoViews, 0),
    clip: { ...clip, under1s: share(lengths, (length) => length < 1) },
    words: { ...word, from10to20: share(words, (count) => count >= 10 && count <= 20) },
    shortestClip: clips[lengths.indexOf(clip.min)]?.text,
    longestClip: clips[lengths.indexOf(clip.max)]?.text,
    longestNarration: clips[words.indexOf(word.max)]?.text,
    scenarios: countBy(groups.map(({ scenario }) => scenario)),
  };
}

/** Words are what white space separates. */
export function wordCount(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

function distribution(values: readonly number[]): Distribution {
  if (values.length === 0) return { mean: 0, std: 0, min: 0, max: 0 };
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) [min, max, sum] = [Math.min(min, value), Math.max(max, value), sum + value];
  const mean = sum / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance), min, max };
}

function share(values: readonly number[], test: (value: number) => boolean): number {
  return values.length === 0 ? 0 : (100 * values.filter(test).length) / values.length;
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
