import { join } from 'node:path';
import { digest, parseOverride } from '@egolab/experiment';
import { UserError } from '@egolab/foundation';
import { configOf, partOf, type Config } from './configuration.ts';
import { loadStages, upTo } from './pipeline.ts';
import { readRun } from './run-folder.ts';
import { sourceDigest, sourcesOf } from './sources.ts';
import { outputsReadBy, type Stage } from './stage.ts';
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
  /** the overrides on which a stage's result depends; none of a stage that they leave as it is */
  setsOf(stage: string): readonly string[];
  /** `micro`, or `micro+1a2b3c4d` (a hash of `setsOf`) for the stages whose result the overrides change */
  variantOf(stage: string): string;
  /** `artifacts/<variant>/<stage>` */
  folderOf(stage: string): string;
}

/**
 * Resolve the configuration. Stages that the overrides leave as they are stay in the preset's own folder, so a variant shares them
 * with the preset. Every stage from the first changed one on writes to a folder that is named after the overrides that reach it, so
 * variants share what comes before they part.
 */
export async function planFor(workspace: Workspace, { preset, sets }: Choice): Promise<Plan> {
  const stages = await loadStages(workspace.stages);
  const configured = (some: readonly string[]) => configOf(stages, workspace.presets, preset, some);
  const config = configured(sets);
  const changed = sets.length > 0 ? changedStages(stages, configured([]), config) : new Set<string>();
  const effective = changed.size > 0 ? withoutIdle(sets, config, configured) : [];
  const setsOf = (name: string) => {
    if (!changed.has(name)) return [];
    const read = new Set(upTo(stages, name).flatMap((stage) => Object.keys(partOf(stage, config))));
    return effective.filter((set) => read.has(parseOverride(set).path[0]));
  };
  const variantOf = (name: string) =>
    changed.has(name) ? `${preset}+${digest([...setsOf(name)].sort()).slice(0, 8)}` : preset;
  const folderOf = (name: string) => join(workspace.artifacts, variantOf(name), name);
  return { workspace, preset, sets, stages, config, setsOf, variantOf, folderOf };
}

/** `sets` without those that say what the preset, or another of them, says already. */
function withoutIdle(
  sets: readonly string[],
  config: Config,
  configured: (sets: readonly string[]) => Config,
): readonly string[] {
  const wanted = digest(config);
  return sets.reduce((kept, set) => {
    const rest = kept.toSpliced(kept.indexOf(set), 1);
    try {
      return digest(configured(rest)) === wanted ? rest : kept;
    } catch (error) {
      if (error instanceof UserError) return kept; // the rest isn't a configuration without it
      throw error;
    }
  }, sets);
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

/**
 * One hash of everything that a stage's result depends on; undefined while an input isn't there.
 *
 * @param code digest of a stage's code
 */
export function keyOf(
  { workspace, stages, config, folderOf }: Plan,
  name: string,
  code = (stage: string) => codeOf(workspace, stage),
): string | undefined {
  const stage = stages.get(name)!;
  const inputs = Object.values(stage.inputs).map((input) => digestsRead(stage, readRun(folderOf(input))?.outputs));
  if (inputs.includes(undefined)) return undefined;
  return digest({ parameters: partOf(stage, config), code: code(name), inputs });
}

/** Of the digests of what an input wrote, those of what the stage reads. */
function digestsRead(stage: Stage, digests: Readonly<Record<string, string>> | undefined) {
  return digests && Object.fromEntries(outputsReadBy(stage, Object.keys(digests)).map((file) => [file, digests[file]]));
}

/** One hash of the code that a stage runs. */
export function codeOf({ root, stages }: Workspace, name: string): string {
  return sourceDigest(root, sourcesOf(root, join(stages, `${name}.ts`)));
}
