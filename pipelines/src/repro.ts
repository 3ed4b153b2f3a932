import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { assertPreset } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { stagesBehind } from './dvc-graph.ts';
import { readableDvcLine } from './dvc-output.ts';
import { LiveOverview } from './overview-view.ts';
import { Overview, overviewStages } from './overview.ts';
import { assertStage, stageNames } from './pipeline.ts';
import { planFor, type Choice } from './plan.ts';
import { declareVariants, dvcTarget } from './variants.ts';
import { workspace as ownWorkspace, type Workspace } from './workspace.ts';

/**
 * Bring stages and all that they read up to date by `dvc repro`; without `targets` all that there are, whether the report reads them or
 * not. With overrides, the stages that these leave as they are come from the preset, the others run into `artifacts/<preset>+<hash>/`.
 * @returns exit code: 0, 1, 2, or 128 + the signal that stopped it
 */
export async function repro(
  targets: readonly string[],
  choice: Choice,
  workspace: Workspace = ownWorkspace,
): Promise<number> {
  for (const target of targets) assertStage(workspace.stages, target);
  assertPreset(workspace.presets, choice.preset);
  const stages = targets.length > 0 ? targets : stageNames(workspace.stages);
  const { artifacts } = workspace;
  if (choice.sets.length === 0) {
    const addresses = stages.map((name) => `${name}@${choice.preset}`);
    return watched(stages, addresses, choice, (name) => join(artifacts, choice.preset, name), workspace);
  }
  const plan = await planFor(workspace, choice);
  await declareVariants(workspace, [{ plan, stages }]);
  const addresses = stages.map((name) => dvcTarget(plan, name));
  return watched(stages, addresses, choice, plan.folderOf, workspace);
}

/** `dvc repro` under one view of all stages where there is a terminal, else with plain lines. */
async function watched(
  stages: readonly string[],
  addresses: readonly string[],
  { preset }: Choice,
  folderOf: (stage: string) => string,
  workspace: Workspace,
): Promise<number> {
  if (!process.stdout.isTTY || !process.stderr.isTTY) return dvcRepro(addresses, workspace);
  const overview = new Overview(overviewStages(stagesBehind(workspace.root, stages), folderOf));
  const live = new LiveOverview(`egolab ${preset}`, overview, process.stdout);
  try {
    const code = await supervise(...dvcCommand(addresses, workspace), liveSink(live));
    overview.end(code);
    return code;
  } finally {
    live.stop();
  }
}

/**
 * `dvc repro` of some targets; other processes of DVC are waited for.
 * @param label before each line, where several run at a time; the stage's bars then become lines
 * @returns exit code: 0, 1, or 128 + the signal that stopped it
 */
export async function dvcRepro(targets: readonly string[], workspace: Workspace, label?: string): Promise<number> {
  return supervise(...dvcCommand(targets, workspace), label === undefined ? plainSink : labelledSink(label));
}

function dvcCommand(targets: readonly string[], { root }: Workspace): [file: string, args: string[], cwd: string] {
  const dvc = join(root, '.venv/bin/dvc');
  if (!existsSync(dvc)) throw new UserError({ what: "DVC isn't installed", where: dvc, mend: 'run `npm run setup`' });
  return [dvc, ['--wait-for-lock', 'repro', ...targets], root];
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

/** States and progress go into the view, all else above it. */
function liveSink(live: LiveOverview): Sink {
  const take = (line: string, readable: string | undefined) => {
    const shown = live.overview.readDvc(line) || live.overview.readStage(line);
    if (!shown && readable !== undefined) live.say(readable);
    else live.draw();
  };
  return { out: (line) => take(line, readableDvcLine(line)), err: (line) => take(line, line) };
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
