/** `nx run pipelines:<target>`: `[stage…] --preset P [--set key=value]…`. Exit codes as the `egolab` command line's. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { UserError } from '@egolab/foundation';
import { repro } from './repro.ts';

interface Options {
  preset: string;
  set: string[];
  jobs: number;
  ablations: boolean;
  seeds: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number of at least 1.');
  return value;
}

/** All that the report reads, every ablation if they are asked for, and the report. */
async function reproduce({ preset, set, jobs, ablations, seeds }: Options): Promise<number> {
  const code = await repro(['report'], { preset, sets: set }, { jobs });
  if (code !== 0) return code;
  let ablated = 0;
  if (ablations) {
    const { ablate } = await import('./ablations/ablate.ts');
    ablated = (await ablate([], { preset, sets: set, seeds })).exitCode;
  }
  if (set.length === 0) {
    const { publishReport } = await import('./report.ts');
    const { page, summary } = await publishReport(preset);
    process.stdout.write(`\n${summary}\nreport: ${page}\n`);
  }
  return ablated;
}

const command = new Command('pipelines')
  .argument('[stages...]', 'stages to bring up to date with all that they read; the report if none is named')
  .option('--preset <name>', 'configuration in experiments/presets', 'micro')
  .option(
    '--set <key=value>',
    'override a key of the preset; may be repeated',
    (value: string, before: string[]) => [...before, value],
    [],
  )
  .option('--jobs <n>', 'parts of the pipeline that share no stage and run at the same time', positive, 1)
  .option('--ablations', 'then every ablation in experiments/ablations', false)
  .option('--seeds <n>', "seeds of each ablation's variants", positive, 1)
  .exitOverride();

try {
  command.parse();
  const options = command.opts<Options>();
  const { preset, set: sets, jobs } = options;
  process.exitCode =
    command.args.length > 0 ? await repro(command.args, { preset, sets }, { jobs }) : await reproduce(options);
} catch (error) {
  const known = error instanceof UserError;
  if (!(error instanceof CommanderError))
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode =
    known || (error instanceof CommanderError && error.exitCode !== 0) ? 2 : error instanceof CommanderError ? 0 : 1;
}
