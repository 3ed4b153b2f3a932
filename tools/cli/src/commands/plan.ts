import type { Command } from 'commander';
import { integer } from '../values.ts';
import { collect, define, handle } from '../command.ts';

interface Options {
  preset: string;
  gpus: number;
  device?: string[];
  set?: string[];
  json?: boolean;
}

/** What is planned for unless others are named. */
const DEVICES = ['h200', 'a800', 'a100', 'laptop-cpu'];

export function addPlan(egolab: Command): void {
  const command = define(egolab, 'plan [stages...]', {
    description: 'parameters, FLOPs, memory and hours of the training stages, before anything is rented or trained',
    example: 'npx egolab plan --preset paper --gpus 16 --device a800',
  })
    .option('--preset <name>', 'configuration in experiments/presets', 'micro')
    .option('--gpus <n>', 'data-parallel devices', integer(1), 1)
    .option(
      '--device <name>',
      `kind of device in experiments/plan/devices.yaml, or here: times steps on this machine; may be repeated (default: ${DEVICES.join(', ')})`,
      collect,
    )
    .option('--set <key=value>', 'override a key of the preset; may be repeated', collect);
  handle<Options>(command, async ({ preset, gpus, device, set }, ...stages) => {
    const [{ workspace }, { planRun, renderPlan }] = await Promise.all([
      import('../pipelines.ts'),
      import('../plan-run.ts'),
    ]);
    const plan = await planRun(workspace, {
      preset,
      gpus,
      sets: set,
      stages: stages.flat(),
      devices: device ?? DEVICES,
      say: (line) => void process.stderr.write(`${line}\n`),
    });
    return { json: plan, text: renderPlan(plan) };
  });
}
