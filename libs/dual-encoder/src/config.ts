import { UserError } from '@egolab/foundation';
import { z } from 'zod';

/** Activations of the CLIP family: OpenAI's weights use quick_gelu (x * sigmoid(1.702 x)), OpenCLIP's use gelu. */
const hiddenAct = z.enum(['quick_gelu', 'gelu']);

/** Vision tower, field names and defaults of transformers' CLIPVisionConfig (the defaults are ViT-B/32 at 224 pixels). */
export const clipVisionConfigSchema = z.object({
  hidden_size: z.number().int().positive().default(768),
  intermediate_size: z.number().int().positive().default(3072),
  num_hidden_layers: z.number().int().positive().default(12),
  num_attention_heads: z.number().int().positive().default(12),
  num_channels: z.number().int().positive().default(3),
  image_size: z.number().int().positive().default(224),
  patch_size: z.number().int().positive().default(32),
  hidden_act: hiddenAct.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
});
export type ClipVisionConfig = z.infer<typeof clipVisionConfigSchema>;

/** Text tower, field names and defaults of transformers' CLIPTextConfig. */
export const clipTextConfigSchema = z.object({
  vocab_size: z.number().int().positive().default(49408),
  hidden_size: z.number().int().positive().default(512),
  intermediate_size: z.number().int().positive().default(2048),
  num_hidden_layers: z.number().int().positive().default(12),
  num_attention_heads: z.number().int().positive().default(8),
  max_position_embeddings: z.number().int().positive().default(77),
  hidden_act: hiddenAct.default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  eos_token_id: z.number().int().nonnegative().default(49407),
});
export type ClipTextConfig = z.infer<typeof clipTextConfigSchema>;

/** Both towers, as transformers' CLIPConfig stores them; the projection width of the towers' own sections is not used. */
export const clipConfigSchema = z.object({
  vision_config: clipVisionConfigSchema.prefault({}),
  text_config: clipTextConfigSchema.prefault({}),
  projection_dim: z.number().int().positive().default(512),
  logit_scale_init_value: z.number().default(2.6592),
});
export type ClipConfig = z.infer<typeof clipConfigSchema>;

/**
 * Patches along one side of the (square) image.
 *
 * @throws UserError when the image isn't a whole number of patches wide
 */
export function gridSide({ image_size, patch_size }: Pick<ClipVisionConfig, 'image_size' | 'patch_size'>): number {
  if (image_size % patch_size === 0) return image_size / patch_size;
  throw new UserError({
    what: `expected image_size to be a multiple of patch_size, got ${image_size} and ${patch_size}`,
    where: 'the vision tower',
    mend: 'correct either: CLIP ViT-L/14 at 336 pixels has 336 and 14',
  });
}
