import { z } from 'zod';
import * as experiment from '@egolab/experiment';
import type { Stage } from './stage.ts';
import { loadStages } from './pipeline.ts';
import { workspace, type Workspace } from './workspace.ts';

const trackingSettings = z.strictObject({
  /** MLflow experiment */
  experiment: z.string().min(1),
  /** address of the tracking server; null: MLFLOW_TRACKING_URI, or else the embedded server */
  server: z.string().nullable(),
});

/** A resolved configuration: the run's own keys, the shared sections and one section a stage. */
export interface Config {
  seed: number;
  tracking: z.output<typeof trackingSettings>;
  readonly [section: string]: unknown;
}

/** The schema of a preset, assembled from what the stages declare. */
export function configSchema(stages: Iterable<Stage>): z.ZodType<Config> {
  const shape: Record<string, z.ZodType> = { seed: z.number().int().min(0), tracking: trackingSettings };
  for (const stage of stages) {
    for (const [name, schema] of [...Object.entries(stage.sections), [stage.name, stage.params] as const]) {
      if (shape[name] && shape[name] !== schema)
        throw new Error(`stage ${stage.name}: section "${name}" has two schemas`);
      shape[name] = schema;
    }
  }
  return z.strictObject(shape) as unknown as z.ZodType<Config>;
}

/** The configuration of a preset with `key=value` overrides; mistakes are UserErrors that name file, line, key and remedy. */
export async function loadConfig(
  preset: string,
  sets: readonly string[] = [],
  { stages, presets }: Workspace = workspace,
): Promise<Config> {
  return configOf(await loadStages(stages), presets, preset, sets);
}

/** As `loadConfig`, for stages that are loaded already. */
export function configOf(
  stages: ReadonlyMap<string, Stage>,
  presets: string,
  preset: string,
  sets: readonly string[],
): Config {
  return experiment.loadConfig({ schema: configSchema(stages.values()), folder: presets, preset, sets });
}

/** The part of the configuration on which a stage's result depends. */
export function partOf(stage: Stage, config: Config): Record<string, unknown> {
  const sections = [...Object.keys(stage.sections), stage.name].map((name) => [name, config[name]] as const);
  return Object.fromEntries(stage.seeded === false ? sections : [['seed', config.seed] as const, ...sections]);
}
