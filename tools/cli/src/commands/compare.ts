import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { suggestion, UserError, writeFileAtomic } from '@egolab/foundation';
import { collect, define, handle } from '../command.ts';

interface Options {
  preset: string;
  set: string[];
  format: string;
  out?: string;
  seeds?: boolean;
  json?: boolean;
}

export function addCompare(egolab: Command): void {
  const command = define(egolab, 'compare <what...>', {
    description:
      "an ablation's variants, or two or more run folders, beside each other: differences, deltas, curves, claims",
    example:
      'npx egolab compare exo2ego/table-7 --format html --out table-7.html\n  $ npx egolab compare artifacts/micro/stage2 artifacts/micro+1a2b3c4d/stage2',
  })
    .option('--preset <name>', "whose runs of the ablation's variants", 'micro')
    .option('--set <key=value>', 'override that all variants share; may be repeated', collect, [])
    .option('--format <name>', 'text, html, json or csv', 'text')
    .option('--out <file>', 'write it there instead of to the terminal')
    .option('--seeds', 'in the text, a line for each seed');
  handle<Options>(command, async ({ preset, set, format, out, seeds }, ...what) => {
    const [pipelines, { assertPreset }, reporting, { mlflowPage }] = await Promise.all([
      import('../pipelines.ts'),
      import('@egolab/experiment'),
      import('@egolab/reporting'),
      import('../mlflow-page.ts'),
    ]);
    const chosen = reporting.compareFormats.find((name) => name === format);
    if (!chosen) {
      const mend = suggestion(format, reporting.compareFormats);
      throw new UserError({ what: `there is no format "${format}"`, where: '--format', mend });
    }
    const { workspace } = pipelines;
    assertPreset(workspace.presets, preset);
    const names = what.flat(); // commander hands a variadic argument over as one list
    const page = (runId: string) => mlflowPage(workspace.journal, runId);
    const request = areFolders(names)
      ? reporting.compareFoldersRequest(names, { root: workspace.root })
      : await pipelines.ablationRequest(names[0], { preset, sets: set }, workspace);
    const comparison = reporting.compareVariants({ ...request, mlflowPage: page });
    const from = out ? dirname(resolve(out)) : process.cwd();
    const text = reporting.renderComparison(comparison, chosen, {
      seeds,
      folderLink: (folder) => `${relative(from, folder).split('/').map(encodeURIComponent).join('/')}/`,
    });
    const json = reporting.comparisonJson(comparison);
    if (!out) return { json, text: text.trimEnd() };
    writeFileAtomic(out, text);
    return { json: { ...json, out }, text: `the comparison is in ${out}` };
  });
}

/** One name is an ablation's; several are run folders. */
function areFolders(names: readonly string[]): boolean {
  const isRun = (name: string) => existsSync(join(name, 'run.json'));
  if (names.length > 1) return true;
  if (!isRun(names[0])) return false;
  throw new UserError({
    what: 'one run alone is no comparison',
    where: names[0],
    mend: 'name two or more run folders, or an ablation such as exo2ego/table-7',
  });
}
