import { join } from 'node:path';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { readJsonFile, UserError } from '@egolab/foundation';
import type { Parameters, ParameterSpecs } from '@egolab/nn';
import type { z } from 'zod';
import { clipParameters } from './clip.ts';
import { clipConfigSchema, clipVisionConfigSchema } from './config.ts';
import type { ClipConfig, ClipVisionConfig } from './config.ts';
import { clipVisionParameters } from './vision.ts';
import type { VisionOutput } from './vision.ts';

/** Buffers that older transformers versions saved beside the weights. */
const POSITION_IDS = '(vision|text)_model\\.embeddings\\.position_ids';

/**
 * Both CLIP towers from a folder in Hugging Face format (`config.json`, `model.safetensors` or its shards).
 * Errors: UserError when a file is missing or damaged, or a tensor is missing, extra or of another shape.
 */
export function loadClip(folder: string): { config: ClipConfig; parameters: Parameters } {
  const config = parseConfig(clipConfigSchema, readConfig(folder), folder);
  return { config, parameters: load(folder, clipParameters(config), new RegExp(`^${POSITION_IDS}$`)) };
}

/**
 * The vision tower alone, from a folder of a whole CLIPModel or of a CLIPVisionModel; reads only what `output` needs.
 * Errors: as {@link loadClip}, and a UserError naming every field in which the folder's configuration is not `expected`.
 */
export function loadClipVision(
  folder: string,
  output: VisionOutput,
  expected?: ClipVisionConfig,
): { config: ClipVisionConfig; parameters: Parameters } {
  const json = readConfig(folder);
  const config = parseConfig(clipVisionConfigSchema, json['vision_config'] ?? json, folder);
  if (expected) expectConfig(config, expected, folder);
  const lastBlock = `vision_model\\.encoder\\.layers\\.${config.num_hidden_layers - 1}\\.`;
  const unread = `^(text_model\\.|text_projection|visual_projection|logit_scale|vision_model\\.post_layernorm|${lastBlock}|${POSITION_IDS})`;
  return { config, parameters: load(folder, clipVisionParameters(config, output), new RegExp(unread)) };
}

function readConfig(folder: string): Record<string, unknown> {
  return readJsonFile(
    join(folder, 'config.json'),
    'a CLIP folder in Hugging Face format holds config.json and model.safetensors',
  ) as Record<string, unknown>;
}

function parseConfig<T>(schema: z.ZodType<T>, json: unknown, folder: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError({
    what: `${issue.path.join('.')}: ${issue.message}`,
    where: join(folder, 'config.json'),
    mend: 'expected the config of a CLIPModel or CLIPVisionModel',
  });
}

function expectConfig(config: ClipVisionConfig, expected: ClipVisionConfig, folder: string): void {
  const keys = Object.keys(expected) as (keyof ClipVisionConfig)[];
  const differences = keys.filter((key) => config[key] !== expected[key]);
  if (differences.length === 0) return;
  throw new UserError({
    what: `another vision tower: ${differences.map((key) => `expected ${key} ${expected[key]}, got ${config[key]}`).join('; ')}`,
    where: join(folder, 'config.json'),
    mend: 'take the weights of this configuration, or the configuration of these weights',
  });
}

function load(folder: string, specs: ParameterSpecs, ignoreExtra: RegExp): Parameters {
  const checkpoint = openCheckpoint(folder);
  try {
    return loadParameters(specs, checkpoint, { ignoreExtra });
  } finally {
    checkpoint.close();
  }
}
