import { join } from 'node:path';
import { readJsonFile, UserError } from '@egolab/foundation';
import { z } from 'zod';

const count = z.number().int().positive();

/** DINOv2 backbone, field names and defaults of transformers' Dinov2Config. */
export const dinov2ConfigSchema = z.object({
  hidden_size: count.default(768),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  mlp_ratio: z.number().positive().default(4),
  hidden_act: z.literal('gelu').default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-6),
  image_size: count.default(224),
  patch_size: count.default(14),
  num_channels: z.literal(3).default(3),
  qkv_bias: z.boolean().default(true),
  layerscale_value: z.number().default(1),
  use_swiglu_ffn: z.literal(false, 'only the MLP of ViT-S, B and L is known here').default(false),
  apply_layernorm: z.boolean().default(true),
  /** 0 is the embedding, k the output of block k */
  out_indices: z.array(z.number().int().nonnegative()).nonempty(),
});
export type Dinov2Config = z.infer<typeof dinov2ConfigSchema>;

/** Field names and defaults of transformers' DepthAnythingConfig. */
export const depthAnythingConfigSchema = z.object({
  backbone_config: z.preprocess(withOutIndices, dinov2ConfigSchema),
  patch_size: count.default(14),
  reassemble_hidden_size: count.default(384),
  reassemble_factors: z.array(z.number().positive()).default([4, 2, 1, 0.5]),
  neck_hidden_sizes: z.array(count).default([48, 96, 192, 384]),
  fusion_hidden_size: count.default(64),
  head_in_index: z.literal(-1).default(-1),
  head_hidden_size: count.default(32),
  /** `relative`: inverse depth of unknown scale and shift; `metric`: depth in metres */
  depth_estimation_type: z.enum(['relative', 'metric']).default('relative'),
  max_depth: z
    .number()
    .positive()
    .nullish()
    .transform((value) => value ?? 1),
});
export type DepthAnythingConfig = z.infer<typeof depthAnythingConfigSchema>;

/** transformers names the stages (`out_features: ['stage3', …]`), numbers them (`out_indices`), or does both. */
function withOutIndices(backbone: unknown): unknown {
  if (backbone === null || typeof backbone !== 'object') return backbone;
  const { out_features: names, out_indices: indices } = backbone as { out_features?: unknown; out_indices?: unknown };
  if (Array.isArray(indices) || !Array.isArray(names)) return backbone;
  return {
    ...backbone,
    out_indices: names.map((name) => (name === 'stem' ? 0 : Number(/^stage(\d+)$/.exec(name)?.[1]))),
  };
}

/** How pixels are prepared, from `preprocessor_config.json` (transformers' DPTImageProcessor). */
export const processorConfigSchema = z.object({
  size: z.object({ height: count, width: count }),
  keep_aspect_ratio: z.boolean().default(false),
  ensure_multiple_of: count.default(1),
  image_mean: z.tuple([z.number(), z.number(), z.number()]),
  image_std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
});
export type ProcessorConfig = z.infer<typeof processorConfigSchema>;

/** Read and check the two configurations of a folder in Hugging Face format. */
export function readConfigs(folder: string): { config: DepthAnythingConfig; processor: ProcessorConfig } {
  const config = parse(depthAnythingConfigSchema, join(folder, 'config.json'));
  const { backbone_config: backbone, neck_hidden_sizes: neck, reassemble_factors: factors } = config;
  const stages = backbone.out_indices.length;
  if (
    stages !== neck.length ||
    stages !== factors.length ||
    Math.max(...backbone.out_indices) > backbone.num_hidden_layers
  )
    throw new UserError({
      what: `expected one stage below ${backbone.num_hidden_layers + 1} for each neck size and reassemble factor, got out_indices [${backbone.out_indices}], neck_hidden_sizes [${neck}], reassemble_factors [${factors}]`,
      where: join(folder, 'config.json'),
    });
  return { config, processor: parse(processorConfigSchema, join(folder, 'preprocessor_config.json')) };
}

function parse<Schema extends z.ZodType>(schema: Schema, file: string): z.output<Schema> {
  const mend =
    'expected a Depth-Anything-V2 folder in Hugging Face format: config.json, model.safetensors, preprocessor_config.json';
  const parsed = schema.safeParse(readJsonFile(file, mend));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError({ what: `${issue.path.join('.')}: ${issue.message}`, where: file, mend });
}
