import type { Command } from 'commander';
import { UserError } from '@egolab/foundation';
import { collect, define, handle, type Answer } from '../command.ts';
import { integer } from '../values.ts';

interface Options {
  seeds: number;
  workers: number;
  preset: string;
  set: string[];
  dryRun?: boolean;
  list?: boolean;
  write?: string;
  json?: boolean;
}

export function addAblate(egolab: Command): void {
  const command = define(egolab, 'ablate [id]', {
    description: 'run the variants of an ablation, sharing every stage that they have in common, and show its table',
    example:
      'npx egolab ablate exo2ego/table-7 --seeds 3 --workers 2\n  $ npx egolab ablate --write docs/results/micro',
  })
    .option('--seeds <n>', "seeds of each variant: the preset's and those that follow it", integer(1), 1)
    .option('--workers <n>', 'stages that run at a time', integer(1), 1)
    .option('--preset <name>', 'configuration in experiments/presets', 'micro')
    .option('--set <key=value>', 'override a key of the preset for all variants; may be repeated', collect, [])
    .option('--dry-run', 'say what would be run and what is reused')
    .option('--list', 'list the ablations')
    .option(
      '--write <folder>',
      'then write every ablation as far as it has run as text files; without an id nothing runs',
    );
  handle<Options>(command, async ({ list, dryRun, write, ...options }, id) => {
    if (list) return listAblations();
    if (id === undefined && write !== undefined) return writeResults(write, options.preset);
    if (id === undefined)
      throw new UserError({ what: 'expected an ablation', where: 'id', mend: 'egolab ablate --list shows them' });
    const { ablate, describeWork, prepareAblations, renderTable } = await import('../pipelines.ts');
    const { set, json: _json, ...choice } = options;
    if (dryRun) {
      const { plan } = await prepareAblations([id], { ...choice, sets: set });
      return { json: plan, text: describeWork(plan, choice.workers) };
    }
    const { exitCode, tables, failed } = await ablate([id], { ...choice, sets: set });
    const [table] = tables;
    const written = write === undefined || exitCode !== 0 ? undefined : await writeResults(write, choice.preset);
    const text = [`\n${renderTable(table)}`, ...(written ? [written.text] : [])].join('\n\n');
    return { json: { ...table, failed, ...written?.json }, text, exitCode };
  });
}

async function writeResults(folder: string, preset: string): Promise<Answer> {
  const [{ workspace }, { assertPreset }, results] = await Promise.all([
    import('../pipelines.ts'),
    import('@egolab/experiment'),
    import('../write-results.ts'),
  ]);
  assertPreset(workspace.presets, preset);
  const written = await results.writeResults(folder, preset);
  return { json: { folder, written }, text: `${written.length} files are in ${folder}` };
}

async function listAblations(): Promise<Answer> {
  const [{ ablationFolders, workspace }, { ablationName, readAblations }] = await Promise.all([
    import('../pipelines.ts'),
    import('@egolab/experiment'),
  ]);
  const ablations = readAblations(ablationFolders(workspace)).map(({ title, source, variants, baseline, ...each }) => ({
    id: ablationName(each),
    title,
    source,
    baseline,
    variants: variants.map((variant) => variant.id),
  }));
  const width = Math.max(...ablations.map(({ id }) => id.length));
  const lines = ablations.map(
    ({ id, title, source, variants }) => `${id.padEnd(width)}  ${title} (${source}; ${variants.length} variants)`,
  );
  return { json: { ablations }, text: lines.join('\n') };
}
