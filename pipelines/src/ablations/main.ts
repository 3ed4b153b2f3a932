/** `nx run pipelines:ablations`: `[--table exo2ego/table-7]… [--seeds N] [--workers N] --preset P [--set key=value]… [--dry-run]`. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { UserError } from '@egolab/foundation';
import { ablate, prepareAblations } from './ablate.ts';
import { describeWork } from './describe.ts';
import { renderTable } from './table.ts';

interface Options {
  table: string[];
  seeds: number;
  workers: number;
  preset: string;
  set: string[];
  dryRun: boolean;
}

const collect = (value: string, before: string[]) => [...before, value];

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number of at least 1.');
  return value;
}

const command = new Command('ablations')
  .option('--table <name>', 'an ablation in experiments/ablations; may be repeated (default: all)', collect, [])
  .option('--seeds <n>', "seeds of each variant: the preset's and those that follow it", positive, 1)
  .option('--workers <n>', 'stages that run at a time', positive, 1)
  .option('--preset <name>', 'configuration in experiments/presets', 'micro')
  .option('--set <key=value>', 'override a key of the preset for all variants; may be repeated', collect, [])
  .option('--dry-run', 'say what would be run and what is reused', false)
  .exitOverride();

try {
  command.parse();
  const { table, dryRun, set, ...options } = command.opts<Options>();
  const choice = { ...options, sets: set };
  if (dryRun) {
    const { plan } = await prepareAblations(table, choice);
    process.stdout.write(`${describeWork(plan, options.workers)}\n`);
  } else {
    const { exitCode, tables } = await ablate(table, choice);
    process.stdout.write(`\n${tables.map(renderTable).join('\n\n')}\n`);
    process.exitCode = exitCode;
  }
} catch (error) {
  const known = error instanceof UserError;
  if (!(error instanceof CommanderError))
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode =
    known || (error instanceof CommanderError && error.exitCode !== 0) ? 2 : error instanceof CommanderError ? 0 : 1;
}
