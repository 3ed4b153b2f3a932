/** `nx run pipelines:<target>`: `[stage…] --preset P [--set key=value]…`. Exit codes as the `egolab` command line's. */
import { Command, CommanderError } from 'commander';
import { UserError } from '@egolab/foundation';
import { repro } from './repro.ts';

const command = new Command('pipelines')
  .argument('[stages...]', 'stages to bring up to date with all that they read; all stages if none is named')
  .option('--preset <name>', 'configuration in experiments/presets', 'micro')
  .option(
    '--set <key=value>',
    'override a key of the preset; may be repeated',
    (value: string, before: string[]) => [...before, value],
    [],
  )
  .exitOverride();

try {
  command.parse();
  const { preset, set } = command.opts<{ preset: string; set: string[] }>();
  process.exitCode = await repro(command.args, { preset, sets: set });
} catch (error) {
  const known = error instanceof UserError;
  if (!(error instanceof CommanderError))
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode =
    known || (error instanceof CommanderError && error.exitCode !== 0) ? 2 : error instanceof CommanderError ? 0 : 1;
}
