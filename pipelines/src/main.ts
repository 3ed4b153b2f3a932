/** `nx run pipelines:<target>`: `[stage… or paper…] --preset P [--set key=value]…`. Exit codes as the `egolab` command line's. */
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { paperNames } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { repro } from './repro.ts';
import { workspace } from './workspace.ts';

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

/** What the report shows of some papers. */
async function shownOf(papers: readonly string[]): Promise<string[]> {
  const { inputsOfPapers, loadStages } = await import('./pipeline.ts');
  return inputsOfPapers(await loadStages(workspace.stages), 'report', papers);
}

/** All that the report reads, or its part of some papers, every ablation if they are asked for, and the report. */
async function reproduce(
  { preset, set, jobs, ablations, seeds }: Options,
  papers: readonly string[] = [],
): Promise<number> {
  const code = await repro(papers.length > 0 ? await shownOf(papers) : ['report'], { preset, sets: set }, { jobs });
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
  .argument(
    '[stages...]',
    'stages to bring up to date with all that they read, or papers (exo2ego, egodtm, egom2p) to reproduce; all three if none is named',
  )
  .option('--preset <name>', 'configuration in experiments/presets', 'micro')
  .option(
    '--set <key=value>',
    'override a key of the preset; may be repeated',
    (value: string, before: string[]) => [...before, value],
    [],
  )
  .option('--jobs <n>', 'stages that run at the same time, each when all that it reads is there', positive, 1)
  .option('--ablations', 'then every ablation in experiments/ablations', false)
  .option('--seeds <n>', "seeds of each ablation's variants", positive, 1)
  .exitOverride();

try {
  command.parse();
  const options = command.opts<Options>();
  const { preset, set: sets, jobs } = options;
  const papers = paperNames(join(workspace.root, 'experiments/paper-tables'));
  const [paper] = command.args.filter((name) => papers.includes(name));
  if (paper !== undefined && !command.args.every((name) => papers.includes(name)))
    throw new UserError({
      what: `"${paper}" is a paper and stands among stages`,
      where: command.args.join(' '),
      mend: `name papers (${papers.join(', ')}) or stages, not both`,
    });
  process.exitCode =
    paper !== undefined || command.args.length === 0
      ? await reproduce(options, command.args)
      : await repro(command.args, { preset, sets }, { jobs });
} catch (error) {
  const known = error instanceof UserError;
  if (!(error instanceof CommanderError))
    process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode =
    known || (error instanceof CommanderError && error.exitCode !== 0) ? 2 : error instanceof CommanderError ? 0 : 1;
}
