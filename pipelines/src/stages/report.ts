import { z } from 'zod';
import { dataSettings } from '../exo2ego/data-settings.ts';
import { loadStages } from '../pipeline.ts';
import { assembleReport, reportFiles } from '../report.ts';
import { readRun } from '../run-folder.ts';
import { defineStage } from '../stage.ts';
import { workspace } from '../workspace.ts';
import { worldDataSettings } from '../world-datasets.ts';

/** The stages that the report shows; its tables say of all others that they aren't run, and how to run them. */
const SHOWN = [
  'datasets',
  'text-model',
  'initialize',
  'stage1',
  'stage2',
  'stage3',
  'egobench-datasets',
  'evaluate-initialize',
  'evaluate-stage1',
  'evaluate-stage2',
  'evaluate-stage3',
  'egodtm-datasets',
  'pseudo-depth',
  'enrich',
  'depth-pretrain',
  'evaluate-depth-pretrain',
  'probe-depth',
  'ego-nlq',
  'egtea-fusion',
  'hoi-masks',
  'egom2p-datasets',
  'camera-tokenizer',
  'gaze-tokenizer',
  'video-tokenizer',
  'tokenize',
  'masked-pretrain',
  'post-train',
  'evaluate-masked',
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
  readsPictures: true,
  seeded: false,
  async run({ params, config, inputs, out }) {
    const stages = await loadStages(workspace.stages);
    const report = assembleReport({
      title: params.title,
      preset: readRun(inputs[SHOWN[0]])!.preset,
      roots: Object.values(config).map(({ root }) => root),
      stages: [...stages.values()].filter(({ name }) => name in inputs),
      folderOf: (name) => inputs[name],
    });
    for (const [name, content] of Object.entries(reportFiles(report))) out.write(name, content);
    return { metrics: {} };
  },
});
