import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { assertPreset } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { readableDvcLine } from './dvc-output.ts';
import { assertStage, stageNames, upTo } from './pipeline.ts';
import { keyOf, planFor, type Choice, type Plan } from './plan.ts';
import { readRun } from './run-folder.ts';
import { workspace as ownWorkspace, type Workspace } from './workspace.ts';

/**
 * Bring stages and all that they read up to date; without `targets` all that there are, whether the report reads them or not. At a preset this is `dvc repro`. With overrides, the
 * stages that these leave as they are come from the preset by DVC, the others run into `artifacts/<preset>+<hash>/`, unless they are
 * there already.
 * @returns exit code: 0, 1, 2, or 128 + the signal that stopped it
 */
export async function repro(
  targets: readonly string[],
  choice: Choice,
  workspace: Workspace = ownWorkspace,
): Promise<number> {
  for (const target of targets) assertStage(workspace.stages, target);
  assertPreset(workspace.presets, choice.preset);
  if (choice.sets.length === 0)
    return dvcRepro(targets.length > 0 ? targets : stageNames(workspace.stages), choice.preset, workspace.root);
  const plan = await planFor(workspace, choice);
  const wanted = targets.length > 0 ? targets : [...plan.stages.keys()];
  const needed = new Set(wanted.flatMap((target) => upTo(plan.stages, target).map(({ name }) => name)));
  const names = [...plan.stages.keys()].filter((name) => needed.has(name));
  const shared = names.filter((name) => plan.variantOf(name) === plan.preset);
  const changed = names.filter((name) => plan.variantOf(name) !== plan.preset);
  return (
    (shared.length > 0 ? await dvcRepro(shared, plan.preset, workspace.root) : 0) || (await runVariant(changed, plan))
  );
}

async function dvcRepro(stages: readonly string[], preset: string, root: string): Promise<number> {
  const dvc = join(root, '.venv/bin/dvc');
  if (!existsSync(dvc)) throw new UserError({ what: "DVC isn't installed", where: dvc, mend: 'run `npm run setup`' });
  return supervise(dvc, ['repro', ...stages.map((name) => `${name}@${preset}`)], root, readableDvcLine);
}

async function runVariant(stages: readonly string[], plan: Plan): Promise<number> {
  const { root } = plan.workspace;
  for (const name of stages) {
    const key = keyOf(plan, name);
    if (key !== undefined && readRun(plan.folderOf(name))?.key === key) {
      process.stdout.write(`${name}: reused from ${plan.folderOf(name)}\n`);
      continue;
    }
    const sets = plan.sets.flatMap((set) => ['--set', set]);
    const code = await supervise(
      process.execPath,
      [join(root, 'tools/cli/egolab.mjs'), 'run', name, '--preset', plan.preset, ...sets],
      root,
    );
    if (code !== 0) return code;
  }
  return 0;
}

/**
 * Run a command in a process group of its own and pass it each signal once, as SIGINT: DVC leaves that to the stage, which saves and
 * ends; a SIGTERM would end DVC and leave the stage alone. The stage keeps the terminal through stderr.
 */
async function supervise(
  file: string,
  args: string[],
  cwd: string,
  readable = (line: string): string | undefined => line,
): Promise<number> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn(file, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH },
  });
  const stopped = forwardSignals(child);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const text = readable(line);
    if (text !== undefined) process.stdout.write(`${text}\n`);
  });
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
