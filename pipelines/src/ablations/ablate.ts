import { join } from 'node:path';
import { ablationNames, readAblation } from '@egolab/experiment';
import { lockWhenFree } from '../lock.ts';
import { openMlflow } from '../mlflow-tracker.ts';
import { duration } from '../progress.ts';
import { dvcRepro } from '../repro.ts';
import type { OpenTracker } from '../tracker.ts';
import { declareVariants } from '../variants.ts';
import { workspace as ownWorkspace, type Workspace } from '../workspace.ts';
import { counted, describeWork, secondsOf, workPlan, type WorkPlan } from './describe.ts';
import { whenDvcIsFree } from './dvc-busy.ts';
import { recordExperiments } from './experiments.ts';
import { sharedJobs, workOf, type Job, type Task } from './jobs.ts';
import { ablationFolders, ablationRuns, refreshed, type AblationChoice, type AblationRuns } from './runs.ts';
import { tableOf, type AblationTable } from './table.ts';
import { AblationTracker } from './track.ts';

export interface AblateOptions extends AblationChoice {
  /** tasks that run at a time (default 1) */
  workers?: number;
  workspace?: Workspace;
  openTracker?: OpenTracker;
  /** one line of progress */
  say?(text: string): void;
  /** brings stages up to date */
  repro?: typeof dvcRepro;
}

export interface AblateResult {
  /** 0; 1 when a variant failed; 128 + the signal that stopped it */
  exitCode: number;
  tables: AblationTable[];
  /** variants whose stages failed */
  failed: string[];
}

/** The grid of some ablations, all variants checked. */
export interface Prepared {
  grids: AblationRuns[];
  tasks: Task[];
  jobs: Job[];
  plan: WorkPlan;
}

/**
 * Read ablations and resolve all their variants, before anything is run.
 * @param names `exo2ego/table-7`; none: all that there are
 * @throws UserError for the first mistake, with file, variant and key
 */
export async function prepareAblations(
  names: readonly string[],
  { workspace = ownWorkspace, ...choice }: AblateOptions = {},
): Promise<Prepared> {
  const folders = ablationFolders(workspace);
  const ablations = (names.length > 0 ? names : ablationNames(folders)).map((name) => readAblation(folders, name));
  const grids: AblationRuns[] = [];
  for (const ablation of ablations) grids.push(await ablationRuns(ablation, choice, workspace));
  const { tasks, jobs } = workOf(grids);
  return { grids, tasks, jobs, plan: workPlan(grids, tasks, jobs) };
}

/**
 * Run ablations: first what several variants share, then each variant's own stages, `workers` at a time, all of it by `dvc repro`, which
 * reuses what it knows. A killed run goes on at the next call; two calls at a time wait for each other where they need the same stage.
 */
export async function ablate(names: readonly string[], options: AblateOptions = {}): Promise<AblateResult> {
  const { workspace = ownWorkspace, workers = 1, sets = [], say = sayToStderr } = options;
  const prepared = await prepareAblations(names, options);
  const { grids, tasks } = prepared;
  say(describeWork(prepared.plan, workers));
  await declareVariants(workspace, tasks);
  const trackOptions = { sets, workspace, openTracker: options.openTracker ?? openMlflow, say };
  const trackers = grids.map((grid) => new AblationTracker(grid, trackOptions));
  const track = async () => {
    for (const [i, grid] of grids.entries())
      for (const run of refreshed(grid).runs) if (run.complete) await trackers[i].log(run);
  };
  const { exitCode, failed } = await runTasks(tasks, { ...options, workspace, workers, say, onDone: track });
  await track();
  const finished = grids.map(refreshed);
  const tables = finished.map((grid) => tableOf(grid, sets));
  for (const [i, tracker] of trackers.entries()) await tracker.finish(tables[i], exitCode === 0);
  const experiments = finished.flatMap((grid) => recordExperiments(grid, workspace));
  if (experiments.length > 0)
    say(`\`dvc exp show\` has them too: ${experiments[0]}${experiments.length > 1 ? ', …' : ''}`);
  return { exitCode, tables, failed };
}

interface Running extends AblateOptions {
  workspace: Workspace;
  workers: number;
  say(text: string): void;
  onDone(): Promise<void>;
}

async function runTasks(tasks: readonly Task[], running: Running): Promise<{ exitCode: number; failed: string[] }> {
  const { workers, say, onDone } = running;
  const shared = sharedJobs(tasks);
  const open = tasks.filter(({ jobs }) => jobs.some((job) => !job.done));
  const finished = tasks.filter((task) => !open.includes(task));
  const first = firstPart(shared, open, finished);
  const stop = new AbortController();
  if (first.targets.length > 0) {
    if (first.toRun.length > 0) say(`what several variants share: ${first.toRun.map(({ id }) => id).join(', ')}`);
    const code = await bringUpToDate(first.targets, first.toRun, running, stop.signal);
    if (code !== 0) return { exitCode: code, failed: code > 128 ? [] : ['what several variants share'] };
    await onDone();
  }
  const failed: string[] = [];
  const queue = [...open];
  let stopped = 0;
  let done = 0;
  const work = async () => {
    for (let task = queue.shift(); task && stopped === 0; task = queue.shift()) {
      const own = task.jobs.filter((job) => !job.done && !shared.has(job));
      const began = performance.now();
      say(`${task.label}: ${own.length > 0 ? own.map(({ id }) => id).join(', ') : 'nothing of its own'}`);
      const label = workers > 1 ? task.label : undefined;
      const code = await bringUpToDate(task.targets, own, running, stop.signal, label);
      if (code > 128) {
        stopped = code;
        stop.abort();
        return;
      }
      done += 1;
      if (code !== 0) failed.push(task.label);
      const seconds = secondsOf(queue.flatMap(({ jobs }) => jobs.filter((job) => !job.done && !shared.has(job))));
      const left = queue.length === 0 || seconds === null ? '' : `, about ${duration(seconds / workers)} left`;
      const how = code === 0 ? 'done' : `failed (exit code ${code})`;
      say(`[${done}/${open.length}] ${task.label}: ${how} in ${duration((performance.now() - began) / 1000)}${left}`);
      await onDone();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (stopped) say('stopped; the same command goes on where it was');
  if (failed.length > 0) say(`${counted(failed.length, 'variant')} failed: ${failed.join('; ')}`);
  return { exitCode: stopped || (failed.length > 0 ? 1 : 0), failed };
}

/** What one `dvc repro` does before the variants part: stages that several need, and those that should be there, which DVC verifies. */
function firstPart(shared: ReadonlySet<Job>, open: readonly Task[], finished: readonly Task[]) {
  const toRun = [...shared].filter((job) => !job.done && open.some(({ jobs }) => jobs.includes(job)));
  const targets = [...toRun.map(({ target }) => target), ...finished.flatMap((task) => task.targets)];
  return { toRun, targets: [...new Set(targets)] };
}

/** `dvc repro`, while no other ablation and no other DVC makes the same. */
async function bringUpToDate(
  targets: readonly string[],
  toRun: readonly Job[],
  { workspace, say, repro = dvcRepro }: Running,
  signal: AbortSignal,
  label?: string,
): Promise<number> {
  const releases: (() => void)[] = [];
  try {
    const wait = (holder: string) => say(`waiting: ${holder}`);
    for (const id of toRun.map((job) => job.id).sort())
      releases.push(await lockWhenFree(join(workspace.state, 'ablations/locks', id), wait, signal));
    const folders = toRun.map(({ stage, plan }) => plan.folderOf(stage));
    await whenDvcIsFree(workspace, folders, wait, signal);
    return await repro(targets, workspace, label);
  } catch (error) {
    if (signal.aborted) return STOPPED;
    throw error;
  } finally {
    for (const release of releases) release();
  }
}

const sayToStderr = (text: string) => void process.stderr.write(`${text}\n`);

/** Exit code of what was waiting when another worker was stopped. */
const STOPPED = 130;
