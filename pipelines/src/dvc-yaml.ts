import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { presetNames } from '@egolab/experiment';
import { loadStages } from './pipeline.ts';
import { sourcesOf } from './sources.ts';
import { outputsReadBy, type Stage } from './stage.ts';
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

/** A stage at each preset. */
function dvcStage(stage: Stage, stages: ReadonlyMap<string, Stage>, presets: string[], workspace: Workspace) {
  const preset = '${item.preset}';
  const { desc, ...entry } = dvcEntry(stage, stages, workspace, {
    preset,
    command: `node tools/cli/egolab.mjs run ${stage.name} --preset ${preset}`,
    folderOf: (name) => `artifacts/${preset}/${name}`,
  });
  return { desc, matrix: { preset: presets }, ...entry };
}

/** How a stage is run, and where it and its inputs lie relative to the root. */
export interface Placement {
  preset: string;
  command: string;
  folderOf(stage: string): string;
}

/** A stage as DVC sees it; paths are relative to the root. */
export function dvcEntry(
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  { root, ...workspace }: Workspace,
  { preset, command, folderOf }: Placement,
) {
  const { libraries, files } = sourcesOf(root, join(workspace.stages, `${stage.name}.ts`));
  const sections = [...(stage.seeded === false ? [] : ['seed']), ...Object.keys(stage.sections), stage.name];
  const inputs = Object.values(stage.inputs).map((input) => stages.get(input)!);
  return {
    desc: stage.paper ? `${stage.title} (${stage.paper})` : stage.title,
    cmd: ['node tools/setup/setup.mjs', command],
    params: [{ [`${relative(root, workspace.presets)}/${preset}.yaml`]: sections }],
    deps: [...files, ...libraries, ...inputs.flatMap((input) => filesRead(stage, input, folderOf(input.name)))],
    outs: [...stage.outputs, 'run.json', ...(stage.history ? ['history.csv'] : [])].map(
      (output) => `${folderOf(stage.name)}/${output}`,
    ),
    metrics: [`${folderOf(stage.name)}/metrics.json`],
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

/** What a stage reads of another: not `run.json` and `history.csv`, which hold times, and no pictures but to show them. */
function filesRead(reader: Stage, { outputs }: Stage, folder: string): string[] {
  return [...outputsReadBy(reader, outputs), 'metrics.json'].map((file) => `${folder}/${file}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(ownWorkspace.root, 'dvc.yaml'), await dvcYaml(ownWorkspace));
  process.stderr.write('wrote dvc.yaml\n');
}
