import { ablationNames, readAblation } from '@egolab/experiment';
import { openMlflow } from '../mlflow-tracker.ts';
import type { dvcRepro } from '../repro.ts';
import type { OpenTracker } from '../tracker.ts';
import { declareVariants } from '../variants.ts';
import { workspace as ownWorkspace, type Workspace } from '../workspace.ts';
import { counted, describeWork, workPlan, type WorkPlan } from './describe.ts';
import { recordExperiments } from './experiments.ts';
import { workOf, type Job, type Task } from './jobs.ts';
import { runJobs } from './run-jobs.ts';
import { ablationFolders, ablationRuns, refreshed, type AblationChoice, type AblationRuns } from './runs.ts';
import { tableOf, type AblationTable } from './table.ts';
import { AblationTracker } from './track.ts';

export interface AblateOptions extends AblationChoice {
  /** stages that run at a time (default 1) */
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
 * Run ablations: every stage of every variant once, each by `dvc repro` when what it reads is there, `workers` at a time. A killed run goes
 * on at the next call; two calls at a time wait for each other where they need the same stage.
 */
export async function ablate(names: readonly string[], options: AblateOptions = {}): Promise<AblateResult> {
  const { workspace = ownWorkspace, workers = 1, sets = [], say = sayToStderr } = options;
  const prepared = await prepareAblations(names, options);
  const { grids, tasks, jobs } = prepared;
  say(describeWork(prepared.plan, workers));
  await declareVariants(workspace, tasks);
  const trackOptions = { sets, workspace, openTracker: options.openTracker ?? openMlflow, say };
  const trackers = grids.map((grid) => new AblationTracker(grid, trackOptions));
  const track = async () => {
    for (const [i, grid] of grids.entries())
      for (const run of refreshed(grid).runs) if (run.complete) await trackers[i].log(run);
  };
  const { repro } = options;
  const { stopped, lost } = await runJobs(jobs, { workspace, workers, say, repro, onDone: track });
  const failed = tasks.filter((task) => task.jobs.some(({ id }) => lost.has(id))).map(({ label }) => label);
  if (stopped) say('stopped; the same command goes on where it was');
  if (failed.length > 0) say(`${counted(failed.length, 'variant')} failed: ${failed.join('; ')}`);
  const exitCode = stopped || (failed.length > 0 ? 1 : 0);
  await track();
  const finished = grids.map(refreshed);
  const tables = finished.map((grid) => tableOf(grid, sets));
  for (const [i, tracker] of trackers.entries()) await tracker.finish(tables[i], exitCode === 0);
  const experiments = finished.flatMap((grid) => recordExperiments(grid, workspace));
  if (experiments.length > 0)
    say(`\`dvc exp show\` has them too: ${experiments[0]}${experiments.length > 1 ? ', …' : ''}`);
  return { exitCode, tables, failed };
}

const sayToStderr = (text: string) => void process.stderr.write(`${text}\n`);
