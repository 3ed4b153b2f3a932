import { join } from 'node:path';
import { digest } from '@egolab/experiment';
import { configOf, partOf, type Config } from './configuration.ts';
import { loadStages } from './pipeline.ts';
import { readRun } from './run-folder.ts';
import { sourceDigest, sourcesOf } from './sources.ts';
import type { Stage } from './stage.ts';
import type { Workspace } from './workspace.ts';

/** Which preset, with which `key=value` overrides. */
export interface Choice {
  preset: string;
  sets: readonly string[];
}

/** A configuration of the pipeline and where each of its stages writes. */
export interface Plan extends Choice {
  workspace: Workspace;
  stages: ReadonlyMap<string, Stage>;
  config: Config;
  /** `micro`, or `micro+1a2b3c4d` for the stages whose result the overrides change */
  variantOf(stage: string): string;
  /** `artifacts/<variant>/<stage>` */
  folderOf(stage: string): string;
}

/**
 * Resolve the configuration. Stages that the overrides leave as they are stay in the preset's own folder, so a variant shares them
 * with the preset; every stage from the first changed one on writes to a folder of its own and the preset's results stay.
 */
export async function planFor(workspace: Workspace, { preset, sets }: Choice): Promise<Plan> {
  const stages = await loadStages(workspace.stages);
  const config = configOf(stages, workspace.presets, preset, sets);
  const changed =
    sets.length > 0
      ? changedStages(stages, configOf(stages, workspace.presets, preset, []), config)
      : new Set<string>();
  const variant = `${preset}+${digest([...sets].sort()).slice(0, 8)}`;
  const variantOf = (stage: string) => (changed.has(stage) ? variant : preset);
  const folderOf = (stage: string) => join(workspace.artifacts, variantOf(stage), stage);
  return { workspace, preset, sets, stages, config, variantOf, folderOf };
}

/** Stages whose own part of the configuration differs, and those that read them. `stages` is in running order. */
function changedStages(stages: ReadonlyMap<string, Stage>, base: Config, config: Config): Set<string> {
  const changed = new Set<string>();
  for (const stage of stages.values()) {
    const differs = digest(partOf(stage, base)) !== digest(partOf(stage, config));
    if (differs || Object.values(stage.inputs).some((input) => changed.has(input))) changed.add(stage.name);
  }
  return changed;
}

/** One hash of everything that a stage's result depends on; undefined while an input isn't there. */
export function keyOf({ workspace, stages, config, folderOf }: Plan, name: string): string | undefined {
  const stage = stages.get(name)!;
  const inputs = Object.values(stage.inputs).map((input) => readRun(folderOf(input))?.outputs);
  if (inputs.includes(undefined)) return undefined;
  const code = sourceDigest(workspace.root, sourcesOf(workspace.root, join(workspace.stages, `${name}.ts`)));
  return digest({ parameters: partOf(stage, config), code, inputs });
}
