import { ablationName } from '@egolab/experiment';
import { codeOf, keyOf, type Plan } from '../plan.ts';
import { readRun } from '../run-folder.ts';
import { dvcTarget } from '../variants.ts';
import { secondsOfStage, timedRuns } from './expected-time.ts';
import { measuredStages, variantOf, type AblationRuns } from './runs.ts';

/** One stage in one of its variants. */
export interface Job {
  /** `<preset or variant>/<stage>`, its folder below artifacts */
  id: string;
  stage: string;
  plan: Plan;
  /** ids of the jobs that it reads */
  inputs: readonly string[];
  /** what `dvc repro` calls it */
  target: string;
  /** whether its result is there already, made by this code from these inputs */
  done: boolean;
  /** seconds that it took, or may take by what the stage's other runs at this preset took; undefined where there are none */
  seconds: number | undefined;
}

/** What has to be brought up to date for one variant with one seed; several variants may need the same. */
export interface Task {
  /** for the reader: the first variant that needs it */
  label: string;
  plan: Plan;
  /** the measured stages */
  stages: readonly string[];
  jobs: readonly Job[];
}

/** The runs of some ablations as jobs, each once, in an order in which they can run, and the tasks that need them. */
export function workOf(grids: readonly AblationRuns[]): { tasks: Task[]; jobs: Job[] } {
  const jobs = new Map<string, Job>();
  const tasks = new Map<string, Task>();
  const code = remembered((plan: Plan, stage) => codeOf(plan.workspace, stage));
  const timed = timedRuns();
  for (const { ablation, runs } of grids) {
    for (const run of runs) {
      const stages = measuredStages(ablation, variantOf(ablation, run));
      const own = Object.keys(run.folders).map((name) => jobOf(name, run.plan, { jobs, code, timed }));
      const label = `${ablationName(ablation)} ${run.variant}, seed ${run.seed}`;
      const key = stages.map((stage) => dvcTarget(run.plan, stage)).join(' ');
      if (!tasks.has(key)) tasks.set(key, { label, plan: run.plan, stages, jobs: own });
    }
  }
  return { tasks: [...tasks.values()], jobs: [...jobs.values()] };
}

/** Jobs that several tasks need. */
export function sharedJobs(tasks: readonly Task[]): Set<Job> {
  const counts = new Map<Job, number>();
  for (const { jobs } of tasks) for (const job of jobs) counts.set(job, (counts.get(job) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > 1).map(([job]) => job));
}

interface Known {
  /** by id */
  jobs: Map<string, Job>;
  code(plan: Plan, stage: string): string;
  timed: ReturnType<typeof timedRuns>;
}

function jobOf(stage: string, plan: Plan, { jobs, code, timed }: Known): Job {
  const id = `${plan.variantOf(stage)}/${stage}`;
  const known = jobs.get(id);
  if (known) return known;
  const inputs = Object.values(plan.stages.get(stage)!.inputs).map((input) => `${plan.variantOf(input)}/${input}`);
  const record = readRun(plan.folderOf(stage));
  const done =
    record !== undefined &&
    inputs.every((input) => jobs.get(input)?.done) &&
    record.key === keyOf(plan, stage, (name) => code(plan, name));
  const seconds = secondsOfStage(plan, stage, timed(plan, stage));
  const job = { id, stage, plan, inputs, target: dvcTarget(plan, stage), done, seconds };
  jobs.set(id, job);
  return job;
}

function remembered(compute: (plan: Plan, stage: string) => string): (plan: Plan, stage: string) => string {
  const values = new Map<string, string>();
  return (plan, stage) => {
    if (!values.has(stage)) values.set(stage, compute(plan, stage));
    return values.get(stage)!;
  };
}
