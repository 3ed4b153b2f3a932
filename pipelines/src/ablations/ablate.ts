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
  const { say, onDone } = running;
  const shared = sharedJobs(tasks);
  const open = tasks.filter(({ jobs }) => jobs.some((job) => !job.done));
  const finished = tasks.filter((task) => !open.includes(task));
  const first = firstPart(shared, finished);
  if (first.targets.length > 0) {
    if (first.toRun.length > 0) say(`what several variants share: ${first.toRun.map(({ id }) => id).join(', ')}`);
    const code = await bringUpToDate(first.targets, first.toRun, running, new AbortController().signal);
    if (isStop(code)) return { exitCode: code, failed: [] };
    if (code !== 0) return { exitCode: 1, failed: ['what several variants share'] };
    await onDone();
  }
  const { stopped, failed } = await runOwn(open, shared, running);
  if (stopped) say('stopped; the same command goes on where it was');
  if (failed.length > 0) say(`${counted(failed.length, 'variant')} failed: ${failed.join('; ')}`);
  return { exitCode: stopped || (failed.length > 0 ? 1 : 0), failed };
}

/** What each task has of its own, `workers` tasks at a time. */
async function runOwn(
  tasks: readonly Task[],
  shared: ReadonlySet<Job>,
  running: Running,
): Promise<{ stopped: number; failed: string[] }> {
  const { workers, say, onDone } = running;
  const ownJobs = ({ jobs }: Task) => jobs.filter((job) => !job.done && !shared.has(job));
  const stop = new AbortController();
  const failed: string[] = [];
  const queue = [...tasks];
  let [stopped, done] = [0, 0];
  const work = async () => {
    for (let task = queue.shift(); task && !stopped; task = queue.shift()) {
      const own = ownJobs(task);
      const began = performance.now();
      say(`${task.label}: ${own.length > 0 ? own.map(({ id }) => id).join(', ') : 'nothing of its own'}`);
      const code = await bringUpToDate(task.targets, own, running, stop.signal, workers > 1 ? task.label : undefined);
      if (isStop(code)) {
        stopped = code;
        stop.abort();
        return;
      }
      done += 1;
      if (code !== 0) failed.push(task.label);
      const seconds = secondsOf(queue.flatMap(ownJobs));
      const left = queue.length === 0 || seconds === null ? '' : `, about ${duration(seconds / workers)} left`;
      const took = duration((performance.now() - began) / 1000);
      say(`[${done}/${tasks.length}] ${task.label}: ${code === 0 ? 'done in' : 'failed after'} ${took}${left}`);
      await onDone();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { stopped, failed };
}

/**
 * What one `dvc repro` does before the variants part: every stage that several need, since workers that all find one stale would be in
 * each other's way, and the variants that should be there, which DVC verifies.
 */
function firstPart(shared: ReadonlySet<Job>, finished: readonly Task[]) {
  const targets = [...[...shared].map(({ target }) => target), ...finished.flatMap((task) => task.targets)];
  return { toRun: [...shared].filter((job) => !job.done), targets: [...new Set(targets)] };
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

/** Whether Ctrl-C or SIGTERM ended it; DVC's own failures are 255. */
const isStop = (code: number) => code === 130 || code === 143;
