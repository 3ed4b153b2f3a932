import { ablationName } from '@egolab/experiment';
import { duration } from '../progress.ts';
import { sharedJobs, type Job, type Task } from './jobs.ts';
import { budgetNote } from './compare-request.ts';
import type { AblationRuns } from './runs.ts';

/** What `--dry-run` answers. */
export interface WorkPlan {
  ablations: { name: string; title: string; variants: number; seeds: readonly number[]; budget: string | null }[];
  runs: {
    label: string;
    /** folders below artifacts, in running order */
    toRun: string[];
    reused: string[];
  }[];
  /** stage runs */
  jobs: { total: number; reused: number; toRun: number; shared: number };
  /** of what is to run, one after the other, where each stage's time is known; null: some stage never ran at this preset */
  seconds: number | null;
}

/** The work as data. */
export function workPlan(grids: readonly AblationRuns[], tasks: readonly Task[], jobs: readonly Job[]): WorkPlan {
  const open = jobs.filter(({ done }) => !done);
  const shared = sharedJobs(tasks);
  const ids = (some: readonly Job[], done: boolean) => some.filter((job) => job.done === done).map(({ id }) => id);
  return {
    ablations: grids.map(({ ablation, preset, seeds }) => ({
      name: ablationName(ablation),
      title: ablation.title,
      variants: ablation.variants.length,
      seeds,
      budget: budgetNote(ablation, preset)[0] ?? null,
    })),
    runs: tasks.map((task) => ({ label: task.label, toRun: ids(task.jobs, false), reused: ids(task.jobs, true) })),
    jobs: {
      total: jobs.length,
      reused: jobs.length - open.length,
      toRun: open.length,
      shared: open.filter((job) => shared.has(job)).length,
    },
    seconds: secondsOf(open),
  };
}

/** The work in words: each stage to run once, at the first variant that needs it. */
export function describeWork({ ablations, runs, jobs, seconds }: WorkPlan, workers: number): string {
  const seen = new Set<string>();
  const lines = runs.map(({ label, toRun, reused }) => {
    const own = toRun.filter((id) => !seen.has(id));
    own.forEach((id) => seen.add(id));
    const shared = toRun.length - own.length;
    const parts = [
      own.length > 0 ? `runs ${own.join(', ')}` : 'runs nothing of its own',
      shared > 0 ? `shares ${shared} with those above` : '',
      reused.length > 0 ? `reuses ${reused.length}` : '',
    ];
    return `  ${label}: ${parts.filter(Boolean).join('; ')}`;
  });
  const heads = ablations.flatMap(({ name, title, variants, seeds, budget }) => [
    `${name}: ${title} (${variants} variants x ${counted(seeds.length, 'seed')})`,
    ...(budget === null ? [] : [`  ${budget}`]),
  ]);
  const time = seconds === null ? '' : `, about ${duration(seconds / workers)} with ${counted(workers, 'worker')}`;
  return [
    ...heads,
    ...lines,
    `${counted(jobs.total, 'stage run')}: ${jobs.reused} reused, ${jobs.toRun} to run, ${jobs.shared} of them for several variants${jobs.toRun > 0 ? time : ''}`,
  ].join('\n');
}

/** Seconds of all; null where some stage's time isn't known. */
export function secondsOf(jobs: readonly Job[]): number | null {
  const known = jobs.map(({ seconds }) => seconds);
  return known.includes(undefined) ? null : known.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

export const counted = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
