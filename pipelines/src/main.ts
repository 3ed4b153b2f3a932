/** `nx run pipelines:<target>`: `[stage…] --preset P [--set key=value]…`. Exit codes as the `egolab` command line's. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { UserError } from '@egolab/foundation';
import { repro } from './repro.ts';
import { workspace } from './workspace.ts';

/** The report of a whole run, where people look for it, and its summary where they are. */
function publishReport(preset: string): void {
  const from = join(workspace.artifacts, preset, 'report');
  const folder = join(workspace.root, 'reports', preset);
  mkdirSync(folder, { recursive: true });
  for (const name of ['report.html', 'report.md']) copyFileSync(join(from, name), join(folder, name));
  process.stdout.write(
    `\n${readFileSync(join(from, 'summary.txt'), 'utf8')}\nreport: ${join(folder, 'report.html')}\n`,
  );
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
  .exitOverride();

try {
  command.parse();
  const { preset, set } = command.opts<{ preset: string; set: string[] }>();
  process.exitCode = await repro(command.args.length > 0 ? command.args : ['report'], { preset, sets: set });
  if (process.exitCode === 0 && command.args.length === 0 && set.length === 0) publishReport(preset);
} catch (error) {
  const known = error instanceof UserError;
  if (!(error instanceof CommanderError))
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode =
    known || (error instanceof CommanderError && error.exitCode !== 0) ? 2 : error instanceof CommanderError ? 0 : 1;
}
