import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { digest } from '@egolab/experiment';
import { Random, readJsonFile, UserError, writeFileAtomic } from '@egolab/foundation';
import { partOf } from './configuration.ts';
import { describeEnvironment, type Environment } from './environment.ts';
import { catchStopSignals, Interrupted, type StopSignal } from './interruption.ts';
import { lockFolder } from './lock.ts';
import { assertStage } from './pipeline.ts';
import { keyOf, planFor, type Choice, type Plan } from './plan.ts';
import { consoleProgress, duration, type Progress } from './progress.ts';
import {
  beginFolder,
  contentDigest,
  flatMetrics,
  publish,
  readRun,
  writeResult,
  type RunRecord,
} from './run-folder.ts';
import type { Stage, StageResult } from './stage.ts';
import { openMlflow } from './mlflow-tracker.ts';
import { type DatasetInput, type OpenTracker, type TrackedRun } from './tracker.ts';
import { workspace as ownWorkspace, type Workspace } from './workspace.ts';

export interface RunOptions extends Partial<Choice> {
  /** go on from an interrupted run of the same configuration, code and inputs (default: true) */
  resume?: boolean;
  workspace?: Workspace;
  openTracker?: OpenTracker;
  progress?: Progress;
  environment?: (root: string) => Promise<Environment>;
}

/**
 * Run one stage: resolve the configuration, check its inputs, open the tracked run, run, write
 * `artifacts/<preset>/<stage>/{metrics.json,history.csv,run.json,…}` all at once.
 * @throws UserError for what the user can mend; Interrupted after Ctrl-C or SIGTERM, with everything saved
 */
export async function runStage(name: string, options: RunOptions = {}): Promise<RunRecord> {
  const { preset = 'micro', sets = [], workspace = ownWorkspace, progress = consoleProgress() } = options;
  assertStage(workspace.stages, name);
  const plan = await planFor(workspace, { preset, sets });
  const stage = plan.stages.get(name)!;
  checkInputs(stage, plan, progress);
  const unlock = lockFolder(
    join(workspace.state, plan.variantOf(name), name),
    `stage ${name} of ${plan.variantOf(name)}`,
  );
  const stop = catchStopSignals(progress.note);
  try {
    return await runLocked(stage, plan, { ...options, progress, signal: stop.signal });
  } finally {
    stop.release();
    unlock();
  }
}

interface Locked extends RunOptions {
  progress: Progress;
  signal: AbortSignal;
}

async function runLocked(
  stage: Stage,
  plan: Plan,
  { progress, signal, resume = true, ...options }: Locked,
): Promise<RunRecord> {
  const { name } = stage;
  const started = new Date();
  const key = keyOf(plan, name)!;
  const folder = plan.folderOf(name);
  progress.note(`${name}: ${stage.title} (${plan.variantOf(name)})`);
  const state = openState(join(plan.workspace.state, plan.variantOf(name), name), key, resume, progress);
  const environment = await (options.environment ?? describeEnvironment)(plan.workspace.root);
  const tracked = await (options.openTracker ?? openMlflow)({
    experiment: plan.config.tracking.experiment,
    server: plan.config.tracking.server,
    name: `${name} ${plan.variantOf(name)}`,
    params: partOf(stage, plan.config),
    tags: { stage: name, preset: plan.preset, variant: plan.variantOf(name), ...environment.tags },
    journal: plan.workspace.journal,
    runId: state.runId,
    say: progress.note,
  });
  state.remember(tracked.runId);
  const partial = beginFolder(folder);
  const datasets: DatasetInput[] = [];
  try {
    const result = await call(stage, plan, { tracked, datasets, progress, signal, stateFolder: state.folder, partial });
    if (signal.aborted) throw signal.reason;
    writeResult(partial, result, stage.history);
    const record: RunRecord = {
      stage: name,
      preset: plan.preset,
      variant: plan.variantOf(name),
      sets: [...plan.setsOf(name)],
      seed: plan.config.seed,
      key,
      parameters: partOf(stage, plan.config),
      inputs: Object.fromEntries(
        Object.entries(stage.inputs).map(([role, input]) => [
          role,
          { stage: input, key: readRun(plan.folderOf(input))!.key },
        ]),
      ),
      datasets,
      outputs: await outputDigests(stage, partial),
      git: environment.git,
      device: environment.device,
      versions: environment.versions,
      mlflowRunId: tracked.runId,
      startTime: started.toISOString(),
      wallTime: (Date.now() - started.getTime()) / 1000,
    };
    writeFileAtomic(join(partial, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
    publish(partial, folder);
    await trackResult(tracked, folder, result);
    state.discard();
    progress.note(`${name}: done in ${duration(record.wallTime)}`);
    return record;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    await tracked.finish(signal.aborted ? 'KILLED' : 'FAILED');
    if (signal.aborted)
      throw new Interrupted(
        signal.reason as StopSignal,
        `run the same command again to go on, or \`${commandOf(stage, plan)}\``,
      );
    throw error;
  }
}

interface Call {
  tracked: TrackedRun;
  datasets: DatasetInput[];
  progress: Progress;
  signal: AbortSignal;
  stateFolder: string;
  partial: string;
}

function call(
  stage: Stage,
  plan: Plan,
  { tracked, datasets, progress, signal, stateFolder, partial }: Call,
): Promise<StageResult> {
  const { config } = plan;
  return stage.run({
    params: config[stage.name],
    config: Object.fromEntries(Object.keys(stage.sections).map((section) => [section, config[section]])),
    seed: config.seed,
    random: new Random(config.seed).split(stage.name),
    inputs: Object.fromEntries(Object.entries(stage.inputs).map(([role, input]) => [role, plan.folderOf(input)])),
    out: {
      folder: partial,
      path: (file) => join(partial, file),
      write: (file, content) => writeFileAtomic(join(partial, file), content),
    },
    stateFolder,
    tracker: {
      runId: tracked.runId,
      logMetrics: (record, step) => tracked.logMetrics(record, step),
      logParams: (params) => tracked.logParams(params),
      setTags: (tags) => tracked.setTags(tags),
      logArtifact: (file, path) => tracked.logArtifact(file, path),
      logDataset: (dataset) => {
        datasets.push(dataset);
        tracked.logDataset(dataset);
      },
    },
    progress,
    signal,
  });
}

/** Every input must be a finished run; one of another configuration is used, and said. */
function checkInputs(stage: Stage, plan: Plan, progress: Progress): void {
  for (const input of Object.values(stage.inputs)) {
    const record = readRun(plan.folderOf(input));
    if (!record) {
      throw new UserError({
        what: `stage "${stage.name}" reads stage "${input}", which hasn't been run`,
        where: plan.folderOf(input),
        mend: `run \`${commandOf(plan.stages.get(input)!, plan)}\` first, or all that is missing: \`${targetOf(stage, plan)}\``,
      });
    }
    const current = partOf(plan.stages.get(input)!, plan.config);
    if (digest(record.parameters) === digest(current)) continue;
    progress.note(
      `note: ${input} was run with another configuration than the preset now has; \`${targetOf(stage, plan)}\` brings it up to date`,
    );
  }
}

function commandOf(stage: Stage, { preset, sets }: Choice): string {
  return ['npx egolab run', stage.name, '--preset', preset, ...setsOf(sets)].join(' ');
}

/** What also runs the stages that it reads. */
function targetOf(stage: Stage, { preset, sets }: Choice): string {
  return [`npx nx run pipelines:${stage.name}`, `--configuration=${preset}`, ...setsOf(sets)].join(' ');
}

const setsOf = (sets: readonly string[]): string[] => sets.map((set) => `--set '${set}'`);

/** `<state>/<key>/`: the training state of one configuration, code and inputs; those of others are of no more use. */
function openState(parent: string, key: string, resume: boolean, progress: Progress) {
  const folder = join(parent, key.slice(0, 16));
  const file = join(folder, 'run-id.json');
  for (const other of existsSync(parent) ? readdirSync(parent) : []) {
    if (other.length !== 16 || (resume && join(parent, other) === folder)) continue;
    rmSync(join(parent, other), { recursive: true, force: true });
    if (resume) progress.note('the interrupted run had another configuration, code or input: starting over');
  }
  const runId = existsSync(file) ? (readJsonFile(file) as string) : null;
  if (runId !== null) progress.note('going on where the interrupted run stopped (--no-resume starts over)');
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    runId,
    remember: (id: string) => writeFileAtomic(file, JSON.stringify(id)),
    discard: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a stage doesn't declare, DVC neither keeps nor brings back, and the stages that read it don't depend on. */
async function outputDigests(stage: Stage, folder: string): Promise<Record<string, string>> {
  const declared = [...stage.outputs, ...(stage.history ? ['history.csv'] : [])];
  const missing = declared.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) throw new Error(`stage ${stage.name} didn't write its output ${missing.join(', ')}`);
  const known = new Set([...declared, 'metrics.json'].map((file) => file.split('/')[0]));
  const undeclared = readdirSync(folder).filter((name) => !known.has(name));
  if (undeclared.length > 0)
    throw new Error(`stage ${stage.name} wrote ${undeclared.join(', ')}, which isn't among its outputs`);
  const digests: Record<string, string> = {};
  for (const output of [...stage.outputs, 'metrics.json']) digests[output] = await contentDigest(join(folder, output));
  return digests;
}

async function trackResult(tracked: TrackedRun, folder: string, { metrics, history }: StageResult): Promise<void> {
  tracked.logMetrics(flatMetrics(metrics), history?.at(-1)?.['step'] ?? 0);
  for (const file of ['metrics.json', 'run.json', ...(history ? ['history.csv'] : [])])
    tracked.logArtifact(join(folder, file));
  await tracked.finish('FINISHED');
}
