import type { Command } from 'commander';
import { collect, define, handle } from '../command.ts';

interface Options {
  preset: string;
  set: string[];
  resume: boolean;
  json?: boolean;
}

export function addRun(egolab: Command): void {
  const command = define(egolab, 'run <stage>', {
    description: 'run one stage; its inputs must be there (`nx run pipelines:<stage>` also runs what is missing)',
    example: 'npx egolab run stage2 --preset micro --set stage2.training.optimizer.learningRate=2e-4',
  })
    .option('--preset <name>', 'configuration in experiments/presets', 'micro')
    .option('--set <key=value>', 'override a key of the preset, as YAML; may be repeated', collect, [])
    .option('--resume', 'go on where an interrupted run of the same configuration stopped', true)
    .option('--no-resume', 'start over');
  handle<Options>(command, async ({ preset, set, resume }, stage) => {
    const { assertStage, assertOwnLibraries, runStage, workspace } = await import('../pipelines.ts');
    assertStage(workspace.stages, stage);
    assertOwnLibraries(workspace.root, (library) => import.meta.resolve(library));
    const record = await runStage(stage, { preset, sets: set, resume });
    return { json: record, text: `${stage}: metrics in artifacts/${record.variant}/${stage}/metrics.json` };
  });
}
