import { z } from 'zod';
import { codebookConfigSchema, sequenceTokenizerConfigSchema } from '@egolab/sequence-tokenizer';
import { trainingSettings } from '../../exo2ego/settings.ts';

/** Side of the square frames that the video tokenizer sees, in pixels: the paper's 256. */
export const videoSettings = z.strictObject({ size: z.number().int().positive() });

/** Where clips of camera and gaze begin, in frames at 30 a second: the release's 10 to train on and 30 to judge by. */
export const windowSettings = z.strictObject({
  trainStride: z.number().int().positive(),
  valStride: z.number().int().positive(),
});
export type WindowSettings = z.infer<typeof windowSettings>;

/** What the tokenizers' stages set of training; their sequences are too short to chunk attention. */
export const tokenizerTraining = trainingSettings.omit({ attention: true });

/** What the stages of camera and gaze share. */
export const sequenceTokenizerSettings = {
  model: sequenceTokenizerConfigSchema.omit({ modality: true }),
  codebook: codebookConfigSchema,
  /** beta of section 3.2 */
  commitmentWeight: z.number().min(0),
  /** released weights as safetensors instead of training; null: trained here */
  weights: z.string().nullable(),
  training: tokenizerTraining,
};
