import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { assertPreset } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { readGraph, runInOrder, stagesBehind, type Graph } from './dvc-graph.ts';
import { whenDvcIsFree } from './dvc-busy.ts';
import { dvcEvent, isCached, isStopped, readableDvcLine, saysStopped } from './dvc-output.ts';
import { LiveOverview } from './overview-view.ts';
import { Overview, overviewStages, type Lane } from './overview.ts';
import { assertStage, stageNames } from './pipeline.ts';
import { planFor, type Choice } from './plan.ts';
import { declareVariants, dvcTarget } from './variants.ts';
import { workspace as ownWorkspace, type Workspace } from './workspace.ts';

/** How a run goes, beside what it brings up to date. */
export interface ReproOptions {
  workspace?: Workspace;
  /** stages that run at the same time, at most */
  jobs?: number;
}

/**
 * Bring stages and all that they read up to date by `dvc repro`; without `targets` all that there are, whether the report reads them or
 * not. With overrides, the stages that these leave as they are come from the preset, the others run into `artifacts/<preset>+<hash>/`.
 * @returns exit code: 0, 1, 2, or 128 + the signal that stopped it
 */
export async function repro(
  targets: readonly string[],
  choice: Choice,
  { workspace = ownWorkspace, jobs = 1 }: ReproOptions = {},
): Promise<number> {
  for (const target of targets) assertStage(workspace.stages, target);
  assertPreset(workspace.presets, choice.preset);
  const stages = targets.length > 0 ? targets : stageNames(workspace.stages);
  const title = `egolab ${choice.preset}`;
  if (choice.sets.length === 0) {
    const address = (name: string) => `${name}@${choice.preset}`;
    const folderOf = (name: string) => join(workspace.artifacts, choice.preset, name);
    return bringUpToDate(stages, { title, address, folderOf, jobs, workspace });
  }
  const plan = await planFor(workspace, choice);
  await declareVariants(workspace, [{ plan, stages }]);
  const address = (name: string) => dvcTarget(plan, name);
  return bringUpToDate(stages, { title, address, folderOf: plan.folderOf, jobs, workspace });
}

interface Run {
  title: string;
  /** what `dvc repro` calls a stage */
  address(stage: string): string;
  folderOf(stage: string): string;
  jobs: number;
  workspace: Workspace;
}

/** Under one view of all stages where there is a terminal, else with plain lines. */
async function bringUpToDate(
  stages: readonly string[],
  { title, address, folderOf, jobs, workspace }: Run,
): Promise<number> {
  const graph = readGraph(workspace.root);
  const behind = stagesBehind(graph, stages);
  const say = (holder: string) => write(process.stderr, `waiting: ${holder}`);
  await whenDvcIsFree(workspace, { stages: behind.map(folderOf) }, say);
  const terminal = process.stdout.isTTY && process.stderr.isTTY;
  const view = terminal && new Overview(overviewStages(behind, folderOf));
  const live = view && new LiveOverview(title, view, process.stdout);
  const dvc = async (names: readonly string[], { besideOthers = false, alone = false } = {}) => {
    const lane = live && live.overview.lane();
    const sink = lane ? liveSink(live, lane) : besideOthers ? namedSink() : plainSink;
    const code = await supervise(...dvcCommand(names.map(address), workspace, alone), sink);
    if (lane) lane.end(code);
    return code;
  };
  try {
    if (jobs === 1 || behind.length === 1) return await dvc(stages);
    // one look at all stages: one by one, each would be a process of DVC's
    const lane = live && live.overview.lane();
    const fresh = await unchanged(graph, stages.map(address), workspace, lane ? liveSink(live, lane) : plainSink);
    if (typeof fresh === 'number') return fresh;
    const stale = behind.filter((name) => !fresh.has(name));
    return await runInOrder(graph, stale, jobs, (name) => dvc([name], { besideOthers: true, alone: true }));
  } finally {
    if (live) live.stop();
  }
}

/**
 * Stages that have nothing to do, nor has anything that they read: `dvc repro` would leave them as they are. Its look ends early where
 * results are missing; what it didn't come to isn't among them.
 *
 * @returns their names, or the exit code of a look that was stopped
 */
async function unchanged(
  graph: Graph,
  targets: readonly string[],
  workspace: Workspace,
  sink: Sink,
): Promise<ReadonlySet<string> | number> {
  const fresh = new Set<string>();
  const out = (line: string) => {
    const event = dvcEvent(line);
    if (event?.kind !== 'reused' || isCached(line)) return;
    if (!(graph.get(event.stage) ?? []).every((input) => fresh.has(input))) return;
    fresh.add(event.stage);
    sink.out(line);
  };
  const [file, args, cwd] = dvcCommand(targets, workspace, false);
  const code = await supervise(file, [...args, '--dry'], cwd, { out, err: () => {} });
  return isStopped(code) ? code : fresh;
}

export interface DvcOptions {
  /** before each line, where several run at a time; the stage's bars then become lines */
  label?: string;
  /** the targets, without what stands before them */
  alone?: boolean;
}

/**
 * `dvc repro` of some targets; other processes of DVC are waited for.
 * @returns exit code: 0, DVC's 255, or 128 + the signal that stopped it
 */
export async function dvcRepro(
  targets: readonly string[],
  workspace: Workspace,
  { label, alone = false }: DvcOptions = {},
): Promise<number> {
  return supervise(...dvcCommand(targets, workspace, alone), label === undefined ? plainSink : labelledSink(label));
}

function dvcCommand(
  targets: readonly string[],
  { root }: Workspace,
  alone: boolean,
): [file: string, args: string[], cwd: string] {
  const dvc = join(root, '.venv/bin/dvc');
  if (!existsSync(dvc)) throw new UserError({ what: "DVC isn't installed", where: dvc, mend: 'run `npm run setup`' });
  return [dvc, ['--wait-for-lock', 'repro', ...(alone ? ['--single-item'] : []), ...targets], root];
}

/** What becomes of the lines that DVC and its stages write; without `err` the stage keeps the terminal through stderr. */
interface Sink {
  out(line: string): void;
  err?(line: string): void;
}

const plainSink: Sink = { out: (line) => write(process.stdout, readableDvcLine(line)) };

const labelledSink = (label: string): Sink => {
  const say = (stream: NodeJS.WriteStream, line: string | undefined) =>
    write(stream, line === undefined ? undefined : `[${label}] ${line}`);
  return { out: (line) => say(process.stdout, readableDvcLine(line)), err: (line) => say(process.stderr, line) };
};

/** Before each line of a stage its name, where several run at a time. */
function namedSink(): Sink {
  let stage = '';
  const named = (line: string | undefined) =>
    line === undefined || stage === '' || line.startsWith(`${stage}:`) ? line : `[${stage}] ${line}`;
  return {
    out(line) {
      const event = dvcEvent(line);
      if (event?.kind === 'starts') ({ stage } = event);
      write(process.stdout, event ? readableDvcLine(line) : named(readableDvcLine(line)));
    },
    err: (line) => write(process.stderr, saysStopped(line) ? undefined : named(line)),
  };
}

/** States and progress go into the view, all else above it. */
function liveSink(live: LiveOverview, lane: Lane): Sink {
  const take = (line: string, readable: string | undefined) => {
    const shown = lane.readDvc(line) || lane.readStage(line);
    if (!shown && readable !== undefined) live.say(readable);
    else live.draw();
  };
  return {
    out: (line) => take(line, readableDvcLine(line)),
    err: (line) => take(line, saysStopped(line) ? undefined : line),
  };
}

function write(stream: NodeJS.WriteStream, line: string | undefined): void {
  if (line !== undefined) stream.write(`${line}\n`);
}

/**
 * Run a command in a process group of its own and pass it each signal once, as SIGINT: DVC leaves that to the stage, which saves and
 * ends; a SIGTERM would end DVC and leave the stage alone.
 */
async function supervise(file: string, args: string[], cwd: string, sink: Sink): Promise<number> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn(file, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', sink.err ? 'pipe' : 'inherit'],
    env: { ...process.env, PATH },
  });
  const stopped = forwardSignals(child);
  createInterface({ input: child.stdout! }).on('line', (line) => sink.out(line));
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => sink.err!(line));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  const signal = stopped();
  return signal === undefined ? code : signal === 'SIGINT' ? 130 : 143;
}

/** @returns the release, which says the signal that came, if any */
function forwardSignals(child: ChildProcess): () => 'SIGINT' | 'SIGTERM' | undefined {
  let first: 'SIGINT' | 'SIGTERM' | undefined;
  let last = 0;
  const forward = (signal: 'SIGINT' | 'SIGTERM') => {
    first ??= signal;
    const again = performance.now() - last > 500; // one Ctrl-C can come from the terminal and from Nx
    last = performance.now();
    if (!again || child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGINT');
    } catch {
      // it has just ended
    }
  };
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return () => {
    process.off('SIGINT', forward).off('SIGTERM', forward);
    return first;
  };
}
