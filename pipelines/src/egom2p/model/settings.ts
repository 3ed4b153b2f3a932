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
  /** of the first embeddings of tokens and modalities */
  embeddingStd: z.number().positive(),
  /** how the first embeddings of tokens are drawn: each by itself, as released, or like ones for like codes of the tokenizer */
  embeddings: z.enum(['independent', 'codes']),
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

const draws = z.union([count, z.literal('expectation')]);

/**
 * How a clip's prediction is made of what is decoded, by modality: the mean of so many decodings, each with a seed of its own (one as
 * released), or `expectation`: of the mean code at each place under what the model believes in one pass, where nothing is drawn.
 */
export const drawSettings = z.strictObject({ tok_cam: draws, tok_depth: draws, tok_gaze: draws, tok_rgb: draws });
export type DrawSettings = z.infer<typeof drawSettings>;
