import { join } from 'node:path';
import { z } from 'zod';
import { readReport, renderHtml, renderMarkdown, renderSummary } from '@egolab/reporting';
import { dataSettings } from '../exo2ego/data-settings.ts';
import { loadStages } from '../pipeline.ts';
import { readRun } from '../run-folder.ts';
import { defineStage } from '../stage.ts';
import { workspace } from '../workspace.ts';
import { worldDataSettings } from '../world-datasets.ts';

/** The stages that the report shows; its tables say of all others that they aren't run, and how to run them. */
const SHOWN = [
  'text-model',
  'initialize',
  'stage1',
  'stage2',
  'stage3',
  'evaluate-initialize',
  'evaluate-stage1',
  'evaluate-stage2',
  'evaluate-stage3',
  'depth-pretrain',
  'evaluate-depth-pretrain',
];

/**
 * What was run and what was learned, every stage with its curves and pictures, and the papers' tables with what was measured:
 * `report.html`, `report.md`, and `summary.txt` for a terminal.
 */
export const report = defineStage({
  name: 'report',
  title: 'Report',
  paper: null,
  params: z.strictObject({ title: z.string() }),
  sections: { data: dataSettings, 'egodtm-data': worldDataSettings, 'egom2p-data': worldDataSettings },
  inputs: Object.fromEntries(SHOWN.map((name) => [name, name])),
  outputs: ['report.html', 'report.md', 'summary.txt'],
  seeded: false,
  async run({ params, config, inputs, out }) {
    const stages = await loadStages(workspace.stages);
    const shown = [...stages.values()].filter(({ name }) => name in inputs);
    const report = readReport({
      title: params.title,
      data: sourceText(Object.values(config).map(({ root }) => root)),
      preset: readRun(inputs[SHOWN[0]])!.preset,
      stages: shown.map(({ name, title, paper }) => ({ name, title, paper, folder: inputs[name] })),
      plan: join(workspace.root, 'experiments/report.yaml'),
      paperTables: join(workspace.root, 'experiments/paper-tables'),
    });
    out.write('report.html', renderHtml(report));
    out.write('report.md', renderMarkdown(report));
    out.write('summary.txt', renderSummary(report));
    return { metrics: {} };
  },
});

/** Which data the numbers come from. */
function sourceText(roots: readonly (string | null)[]): string {
  const named = [...new Set(roots.filter((root) => root !== null))];
  const world =
    'the synthetic world that the repository generates, not the licensed datasets; evaluation is on rooms that training never saw';
  if (named.length === 0) return `All numbers come from ${world}.`;
  if (!roots.includes(null)) return `All numbers come from ${named.join(', ')}.`;
  return `The numbers come from ${named.join(', ')} and, where no folder is named, from ${world}.`;
}
