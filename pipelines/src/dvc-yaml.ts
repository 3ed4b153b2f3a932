import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { presetNames } from '@egolab/experiment';
import { loadStages } from './pipeline.ts';
import { sourcesOf } from './sources.ts';
import type { Stage } from './stage.ts';
import { workspace as ownWorkspace, type Workspace } from './workspace.ts';

const header = `# Written by \`npx nx run pipelines:dvc-yaml\` from the stages in pipelines/src/stages and the presets in experiments/presets.
# \`dvc repro stage2@micro\`, \`dvc metrics show\`, \`dvc plots show\` and \`dvc exp run\` work on it.
`;

/**
 * The pipeline as DVC sees it: each stage at each preset with all that its result depends on. That is its command, its code (the modules
 * that its file imports), its part of the preset, and what it reads of other stages.
 */
export async function dvcYaml(workspace: Workspace): Promise<string> {
  const stages = await loadStages(workspace.stages);
  const presets = presetNames(workspace.presets);
  const entries = [...stages.values()].map((stage) => [stage.name, dvcStage(stage, stages, presets, workspace)]);
  return (
    header +
    stringify(
      { stages: Object.fromEntries(entries) as object, plots: presets.flatMap((name) => curves(stages, name)) },
      { lineWidth: 0, aliasDuplicateObjects: false },
    )
  );
}

const preset = '${item.preset}';

function dvcStage(
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  presets: string[],
  { root, ...workspace }: Workspace,
) {
  const folder = `artifacts/${preset}/${stage.name}`;
  const { libraries, files } = sourcesOf(root, join(workspace.stages, `${stage.name}.ts`));
  const sections = [...(stage.seeded === false ? [] : ['seed']), ...Object.keys(stage.sections), stage.name];
  return {
    desc: stage.paper ? `${stage.title} (${stage.paper})` : stage.title,
    matrix: { preset: presets },
    cmd: ['node tools/setup/setup.mjs', `node tools/cli/egolab.mjs run ${stage.name} --preset ${preset}`],
    params: [{ [`${relative(root, workspace.presets)}/${preset}.yaml`]: sections }],
    deps: [...files, ...libraries, ...Object.values(stage.inputs).flatMap((input) => filesOf(stages.get(input)!))],
    outs: [...stage.outputs, 'run.json', ...(stage.history ? ['history.csv'] : [])].map(
      (output) => `${folder}/${output}`,
    ),
    metrics: [`${folder}/metrics.json`],
  };
}

/** One plot a stage and preset, with a line for each curve of its history. */
function curves(stages: ReadonlyMap<string, Stage>, presetName: string): object[] {
  return [...stages.values()].flatMap(({ name, history }) => {
    if (!history) return [];
    const file = `artifacts/${presetName}/${name}/history.csv`;
    return [
      { [`${presetName}: ${name}`]: { x: 'step', y: { [file]: [...history] }, x_label: 'step', y_label: 'loss' } },
    ];
  });
}

/** What others read of a stage: not `run.json` and `history.csv`, which hold times. */
function filesOf({ name, outputs }: Stage): string[] {
  return [...outputs, 'metrics.json'].map((file) => `artifacts/${preset}/${name}/${file}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(ownWorkspace.root, 'dvc.yaml'), await dvcYaml(ownWorkspace));
  process.stderr.write('wrote dvc.yaml\n');
}
