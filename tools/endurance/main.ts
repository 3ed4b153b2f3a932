/**
 * kill -9 at random moments of real stages, started again each time, against an undisturbed run:
 *
 *   npx tsx tools/endurance/main.ts [--stages stage1,stage2,stage3] [--kills 20] [--preset micro] [--seed 0] [--set key=value]…
 *
 * The stages' inputs must be there (`npm run reproduce` makes them). Exit code 1 when a single output differs by a bit.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '@egolab/foundation';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({
  options: {
    stages: { type: 'string', default: 'stage1,stage2,stage3' },
    kills: { type: 'string', default: '20' },
    preset: { type: 'string', default: 'micro' },
    seed: { type: 'string', default: '0' },
    set: { type: 'string', multiple: true, default: [] },
  },
});

/** What `egolab run --json` prints of a finished run. */
interface Finished {
  variant: string;
  outputs: Record<string, string>;
}

/** A stage in a process group of its own, as `dvc` would start it. */
function start(stage: string, more: string[]): { child: ChildProcess; finished: Promise<Finished | undefined> } {
  const sets = options.set.flatMap((set) => ['--set', set]);
  const child = spawn(
    process.execPath,
    ['tools/cli/egolab.mjs', 'run', stage, '--preset', options.preset, '--json', ...sets, ...more],
    { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const finished = new Promise<Finished | undefined>((resolve, reject) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(JSON.parse(stdout) as Finished);
      else reject(new Error(`${stage} ended with code ${code}:\n${stderr.slice(-2000)}`));
    });
  });
  return { child, finished };
}

/** The outputs of a run that is killed at `moments` (milliseconds after each start), and how far each attempt had come. */
async function disturbed(stage: string, moments: number[]): Promise<{ finished: Finished; kills: number }> {
  let kills = 0;
  for (;;) {
    const { child, finished } = start(stage, kills === 0 ? ['--no-resume'] : []);
    const moment = moments[kills];
    const cut = moment === undefined ? undefined : await Promise.race([setTimeout(moment, 'kill' as const), finished]);
    if (cut === 'kill') {
      process.kill(-child.pid!, 'SIGKILL');
      const result = await finished;
      if (result === undefined) {
        kills++;
        process.stdout.write(`  killed after ${(moment / 1000).toFixed(1)} s\n`);
        continue;
      }
    }
    const result = await finished;
    if (result) return { finished: result, kills };
  }
}

const stages = options.stages.split(',');
const perStage = Math.ceil(Number(options.kills) / stages.length);
const random = new Random(Number(options.seed)).split('kills');
let different = 0;
let total = 0;
for (const stage of stages) {
  const began = performance.now();
  const expected = await start(stage, ['--no-resume']).finished;
  const wall = performance.now() - began;
  process.stdout.write(`${stage}: ${(wall / 1000).toFixed(1)} s undisturbed\n`);
  // anywhere from the first moment on; on average as much is left as the kills use up
  const longest = Math.max(2000, (2 * wall) / perStage);
  const moments = Array.from({ length: perStage }, () => random.uniform(500, longest));
  const { finished, kills } = await disturbed(stage, moments);
  total += kills;
  const names = Object.keys(expected!.outputs).filter((name) => expected!.outputs[name] !== finished.outputs[name]);
  different += names.length;
  process.stdout.write(
    `${stage}: ${kills} kills, ${names.length === 0 ? 'all outputs bit-identical' : `different: ${names.join(', ')}`}\n`,
  );
}
process.stdout.write(`${total} kills in ${stages.length} stages, ${different} outputs differ\n`);
process.exitCode = different === 0 ? 0 : 1;
