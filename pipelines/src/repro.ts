import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { assertPreset } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { readableDvcLine } from './dvc-output.ts';
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
  if (choice.sets.length === 0) {
    return dvcRepro(
      stages.map((name) => `${name}@${choice.preset}`),
      workspace,
    );
  }
  const plan = await planFor(workspace, choice);
  await declareVariants(workspace, [{ plan, stages }]);
  return dvcRepro(
    stages.map((name) => dvcTarget(plan, name)),
    workspace,
  );
}

/**
 * `dvc repro` of some targets; other processes of DVC are waited for.
 * @param label before each line, where several run at a time; the stage's bars then become lines
 * @returns exit code: 0, 1, or 128 + the signal that stopped it
 */
export async function dvcRepro(targets: readonly string[], { root }: Workspace, label?: string): Promise<number> {
  const dvc = join(root, '.venv/bin/dvc');
  if (!existsSync(dvc)) throw new UserError({ what: "DVC isn't installed", where: dvc, mend: 'run `npm run setup`' });
  return supervise(dvc, ['--wait-for-lock', 'repro', ...targets], root, label);
}

/**
 * Run a command in a process group of its own and pass it each signal once, as SIGINT: DVC leaves that to the stage, which saves and
 * ends; a SIGTERM would end DVC and leave the stage alone. The stage keeps the terminal through stderr.
 */
async function supervise(file: string, args: string[], cwd: string, label?: string): Promise<number> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn(file, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', label === undefined ? 'inherit' : 'pipe'],
    env: { ...process.env, PATH },
  });
  const stopped = forwardSignals(child);
  const say = (line: string | undefined, stream: NodeJS.WriteStream) => {
    if (line !== undefined) stream.write(label === undefined ? `${line}\n` : `[${label}] ${line}\n`);
  };
  createInterface({ input: child.stdout! }).on('line', (line) => say(readableDvcLine(line), process.stdout));
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => say(line, process.stderr));
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
