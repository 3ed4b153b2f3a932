import type { BenchmarkName } from './task.ts';

/** A multiple-choice setting of a task: EgoMCQ has four (inter and intra, text to video and video to text), EgoTaskQA two. */
export interface SettingAccuracy {
  /** the metric's path, `egomcq.inter` */
  readonly name: string;
  readonly benchmark: BenchmarkName;
  /** percent: accuracy of a uniform guess */
  readonly chance: number;
  /** per question 1 where it was answered rightly, else 0 */
  readonly correct: Readonly<Record<string, number>>;
}

/** Mean accuracy over EgoBench's tasks, percent. */
export interface TaskMean {
  readonly score: Readonly<Record<'accuracy' | 'low' | 'high' | 'chance' | 'n' | 'tasks' | 'settings', number>>;
  /** per question its weight in the mean where it was answered rightly, else 0: the mean of all of them times 100 is the accuracy */
  readonly outcomes: Readonly<Record<string, number>>;
}

const Z = 1.959964;

/**
 * What the tasks share: the mean over tasks of the mean over a task's multiple-choice settings. Every task counts the same, whatever its
 * number of questions and settings; values on another scale (mAP, nDCG, open answers) don't enter. The interval is the normal one of
 * independent settings.
 */
export function meanOverTasks(settings: readonly SettingAccuracy[]): TaskMean | undefined {
  const perTask = new Map<BenchmarkName, number>();
  for (const { benchmark } of settings) perTask.set(benchmark, (perTask.get(benchmark) ?? 0) + 1);
  const tasks = perTask.size;
  if (tasks === 0) return undefined;
  const n = settings.reduce((sum, { correct }) => sum + Object.keys(correct).length, 0);
  let [mean, variance, chance] = [0, 0, 0];
  const outcomes: Record<string, number> = {};
  for (const { name, benchmark, correct, chance: guess } of settings) {
    const weight = 1 / (tasks * perTask.get(benchmark)!);
    const entries = Object.entries(correct);
    const share = entries.reduce((sum, [, right]) => sum + right, 0) / entries.length;
    mean += weight * share;
    chance += weight * guess;
    variance += (weight ** 2 * share * (1 - share)) / entries.length;
    for (const [id, right] of entries) outcomes[`${name}/${id}`] = (right * weight * n) / entries.length;
  }
  const half = Z * Math.sqrt(variance);
  const percent = (value: number) => 100 * Math.min(1, Math.max(0, value));
  return {
    score: {
      accuracy: percent(mean),
      low: percent(mean - half),
      high: percent(mean + half),
      chance,
      n,
      tasks,
      settings: settings.length,
    },
    outcomes,
  };
}
