import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '@egolab/foundation';
import { planFor, workspace } from '../../pipelines/src/index.ts';
import { contentDigest } from '../../pipelines/src/run-folder.ts';

const STAGES = ['stage1', 'stage2', 'stage3'];
const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'micro' },
    set: { type: 'string', multiple: true, default: STAGES.map((stage) => `${stage}.training.saveEverySteps=5`) },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '0' },
  },
});
const { preset, set: sets } = values;
const plan = await planFor(workspace, { preset, sets });

/** Run a stage; with `killAfter` (ms) kill -9 its whole process group then. Resolves to whether it finished. */
function attempt(stage: string, killAfter?: number): Promise<boolean> {
  const command = ['tools/cli/egolab.mjs', 'run', stage, '--preset', preset, ...sets.flatMap((set) => ['--set', set])];
  const child = spawn(process.execPath, command, { cwd: workspace.root, detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
  const timer = killAfter === undefined ? undefined : setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), killAfter);
  return new Promise((done, fail) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) fail(new Error(`${stage} exited with ${code}`));
      else done(code === 0);
    });
  });
}

async function weights(stage: string): Promise<string> {
  const files = ['model.safetensors', 'adapter'].map((name) => join(plan.folderOf(stage), name)).filter(existsSync);
  return (await Promise.all(files.map(contentDigest))).join(' ');
}

const undisturbed = new Map<string, { weights: string; wall: number }>();
for (const stage of STAGES) {
  const start = Date.now();
  await attempt(stage);
  undisturbed.set(stage, { wall: Date.now() - start, weights: await weights(stage) });
}
const random = new Random(Number(values.seed));
const rows = [];
for (const [i, stage] of STAGES.entries()) {
  const { wall, weights: expected } = undisturbed.get(stage)!;
  const planned = Math.floor((Number(values.kills) + i) / STAGES.length);
  let [kills, finished] = [0, false];
  while (!finished && kills < planned) {
    finished = await attempt(stage, random.integer(1, wall));
    if (!finished) kills++;
  }
  if (!finished) await attempt(stage);
  rows.push({ stage, seconds: wall / 1000, planned, kills, identical: (await weights(stage)) === expected });
}
console.table(rows);
process.exitCode = rows.every(({ identical }) => identical) ? 0 : 1;
