import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, loadParameters, openCheckpoint, writeSafetensors } from '@egolab/checkpoints';
import { readJsonFile, UserError, writeFileAtomic } from '@egolab/foundation';
import { z } from 'zod';
import type { LlamaConfig } from './config.ts';
import { type LoraAdapter, loraParameters, pathPattern } from './lora.ts';
import { decoderLinears } from './parameters.ts';

const WEIGHTS = 'adapter_model.safetensors';
const CONFIG = 'adapter_config.json';
/** peft's name of the model inside its wrapper. */
const PREFIX = 'base_model.model.';

/** What peft can express and this library computes. */
const peftConfigSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).max(1).default(0),
  bias: z.literal('none').default('none'),
  use_dora: z.literal(false).nullish(),
  use_rslora: z.literal(false).nullish(),
  fan_in_fan_out: z.literal(false).nullish(),
  modules_to_save: z.null().optional(),
  rank_pattern: z.record(z.string(), z.never()).nullish(),
  alpha_pattern: z.record(z.string(), z.never()).nullish(),
});

/**
 * Save an adapter as peft does: `adapter_config.json` and `adapter_model.safetensors`, names below `base_model.model.`.
 * The targets are written as one regular expression for whole paths, which peft matches in full.
 *
 * @param baseModel name or path of the frozen model, for the record
 */
export function saveAdapter(
  folder: string,
  { config, parameters }: LoraAdapter,
  baseModel: string | null = null,
): void {
  const tensors = [...parameters.variables].map(([name, variable]) => ({
    name: PREFIX + name,
    shape: variable.shape,
    data: () => variable.dataSync<'float32'>(),
  }));
  writeSafetensors(join(folder, WEIGHTS), tensors, { format: 'pt' });
  const peft = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    target_modules: config.targets.map((target) => pathPattern(target).source.slice(1, -1)).join('|'),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
  };
  writeFileAtomic(join(folder, CONFIG), `${JSON.stringify(peft, null, 2)}\n`);
}

/**
 * Read an adapter that peft or `saveAdapter` wrote. Its targets become the paths whose tensors the file holds.
 * The caller disposes its parameters.
 *
 * @throws UserError when a file is missing or damaged, a tensor doesn't fit the model, or peft computed something else (DoRA, …)
 */
export function loadAdapter(folder: string, model: LlamaConfig): LoraAdapter {
  const where = join(folder, CONFIG);
  const parsed = peftConfigSchema.safeParse(
    readJsonFile(where, 'an adapter folder in peft format holds adapter_config.json and adapter_model.safetensors'),
  );
  if (!parsed.success) {
    const what = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new UserError({ what, where, mend: 'expected a plain LoRA adapter of one rank' });
  }
  const weights = join(folder, WEIGHTS);
  if (!existsSync(weights))
    throw new UserError({
      what: 'there is no such file',
      where: weights,
      mend: 'copy it from where the adapter was saved',
    });
  const checkpoint = openCheckpoint(weights);
  try {
    const { r: rank, lora_alpha: alpha, lora_dropout: dropout } = parsed.data;
    const config = { rank, alpha, dropout, targets: storedTargets(checkpoint, model) };
    return {
      config,
      parameters: loadParameters(loraParameters(model, config), checkpoint, { rename: (name) => PREFIX + name }),
    };
  } finally {
    checkpoint.close();
  }
}

/** @throws UserError for a linear that the model lacks */
function storedTargets(checkpoint: Checkpoint, model: LlamaConfig): string[] {
  const suffix = '.lora_A.weight';
  const adapted = checkpoint.names().filter((name) => name.startsWith(PREFIX) && name.endsWith(suffix));
  const targets = adapted.map((name) => name.slice(PREFIX.length, -suffix.length));
  const linears = decoderLinears(model);
  const foreign = targets.find((target) => !linears.has(target));
  if (foreign === undefined) return targets;
  throw new UserError({
    what: `the adapter is of another model: this one has no linear ${foreign}`,
    where: checkpoint.source,
    mend: 'take the adapter that was trained with this language model',
  });
}
