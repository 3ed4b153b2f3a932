import { z } from 'zod';
import { depthDecoderConfigSchema } from '@egolab/depth-decoder';
import { dualEncoderVariants, dualTextConfigSchema, videoTowerConfigSchema } from '@egolab/dual-encoder';
import type { DualEncoderVariant } from '@egolab/dual-encoder';
import { frameSamplers } from '@egolab/video';

const count = z.number().int().positive();
const variants = Object.keys(dualEncoderVariants) as [DualEncoderVariant, ...DualEncoderVariant[]];

/** EgoDTM's architecture, and where released weights are. */
export const egoDtmModelsSettings = z.strictObject({
  /** weights that the dual encoder starts from, in the layout of transformers' CLIP, OpenAI or AVION; null: random ones */
  weights: z.string().nullable(),
  /** folder with the tokenizer of these weights; null: byte pairs are learned from the training captions */
  tokenizer: z.string().nullable(),
  /** activation, mask, norm, pixel statistics and visual projection where paper, AVION and released code differ */
  variant: z.enum(variants),
  /** field names of transformers' CLIPVisionConfig; num_frames and tubelet_size (F0) are EgoDTM's */
  vision: z.strictObject(
    videoTowerConfigSchema.omit({ hidden_act: true, layer_norm_eps: true, num_channels: true }).shape,
  ),
  text: z.strictObject(
    dualTextConfigSchema.omit({ hidden_act: true, layer_norm_eps: true, causal: true, eos_token_id: true }).shape,
  ),
  /** width of the joint space */
  projectionDim: count,
  depthDecoder: depthDecoderConfigSchema.omit({ inputDim: true }),
  /** which frames stand for a clip */
  sampler: z.enum(frameSamplers),
});
export type EgoDtmModelsSettings = z.infer<typeof egoDtmModelsSettings>;
