import { z } from 'zod';
import { decodingSchema, lossReductionSchema, maskingConfigSchema } from '@egolab/masked-model';
import { trainingSettings } from '../../exo2ego/settings.ts';

const count = z.number().int().positive();

/** Size of the masked model; its modalities are those of the tokens. */
export const maskedModelSettings = z.strictObject({
  dim: count,
  numHeads: count,
  encoderDepth: count,
  decoderDepth: count,
  mlpRatio: z.number().positive(),
});
export type MaskedModelSettings = z.infer<typeof maskedModelSettings>;

/** What pretraining and post-training set alike. */
export const maskedTrainingSettings = {
  masking: maskingConfigSchema,
  loss: lossReductionSchema,
  /** clips that make an epoch, and between which the progress is counted; null: all of them once */
  samplesPerEpoch: count.nullable(),
  training: trainingSettings,
};

/** How each modality is decoded, by its name. */
export const decodingSettings = z.strictObject({
  tok_cam: decodingSchema,
  tok_depth: decodingSchema,
  tok_gaze: decodingSchema,
  tok_rgb: decodingSchema,
});
export type DecodingSettings = z.infer<typeof decodingSettings>;

/** Decodings of a clip, each with a seed of its own, whose mean is its prediction; one as released. By modality. */
export const drawSettings = z.strictObject({ tok_cam: count, tok_depth: count, tok_gaze: count, tok_rgb: count });
export type DrawSettings = z.infer<typeof drawSettings>;
