import { join } from 'node:path';
import { z } from 'zod';
import { readReport, renderHtml, renderMarkdown } from '@egolab/reporting';
import { dataSettings } from '../exo2ego/data-settings.ts';
import { defineStage } from '../stage.ts';
import { workspace } from '../workspace.ts';

/** The stages that train, in the order in which they run. */
const STAGES = [
  { name: 'text-model', title: 'Frozen language model', paper: 'Exo2Ego section 5.1' },
  { name: 'initialize', title: 'Initialization', paper: 'Exo2Ego section 4.1' },
  { name: 'stage1', title: 'Stage 1: teacher self-preparation', paper: 'Exo2Ego section 4.2' },
  { name: 'stage2', title: 'Stage 2: teacher-student guidance', paper: 'Exo2Ego section 4.3' },
  { name: 'stage3', title: 'Stage 3: student self-practice', paper: 'Exo2Ego section 4.4' },
  { name: 'depth-pretrain', title: '3D-aware video-language pretraining', paper: 'EgoDTM section 3.4' },
] as const;

/** The papers' tables filled with what was measured, and the curves of every stage: `report.html` and `report.md`. */
export const report = defineStage({
  name: 'report',
  title: 'Report',
  paper: null,
  params: z.strictObject({ title: z.string() }),
  sections: { data: dataSettings },
  inputs: {
    'text-model': 'text-model',
    initialize: 'initialize',
    stage1: 'stage1',
    stage2: 'stage2',
    stage3: 'stage3',
    'evaluate-initialize': 'evaluate-initialize',
    'evaluate-stage1': 'evaluate-stage1',
    'evaluate-stage2': 'evaluate-stage2',
    'evaluate-stage3': 'evaluate-stage3',
    'depth-pretrain': 'depth-pretrain',
    'evaluate-depth-pretrain': 'evaluate-depth-pretrain',
  },
  outputs: ['report.html', 'report.md'],
  seeded: false,
  async run({ params, config, inputs, out }) {
    const source =
      config.data.root ??
      'the synthetic world that the repository generates, not the licensed datasets; evaluation on rooms that training never saw';
    const report = readReport({
      title: params.title,
      data: `All numbers come from ${source}.`,
      tablesFolder: join(workspace.root, 'experiments/paper-tables'),
      stages: STAGES.map((stage) => ({ ...stage, folder: inputs[stage.name] })),
      evaluations: Object.entries(inputs)
        .filter(([role]) => role.startsWith('evaluate-'))
        .map(([name, folder]) => ({ name, folder })),
    });
    out.write('report.html', renderHtml(report));
    out.write('report.md', renderMarkdown(report));
    return { metrics: {} };
  },
});
