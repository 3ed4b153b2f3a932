import { z } from 'zod';
import { modalitiesSchema, paperModalities } from './modalities.ts';

const count = z.number().int().positive();

/** Architecture of the masked model; the defaults are the paper's ("T5-Base", in truth the 4M block of that size). */
export const maskedModelConfigSchema = z
  .strictObject({
    modalities: modalitiesSchema.default(paperModalities),
    dim: count.default(768),
    numHeads: count.default(12),
    encoderDepth: count.default(12),
    decoderDepth: count.default(12),
    /** hidden width of the SwiGLU is two thirds of this times `dim` */
    mlpRatio: z.number().positive().default(4),
    /**
     * standard deviation of the first embeddings of tokens and modalities. They are added to positions of size 1: with 4M's 0.02 the
     * encoder sees what a token is only after thousands of steps
     */
    embeddingStd: z.number().positive().default(0.02),
  })
  .superRefine(({ dim, numHeads, modalities }, context) => {
    if (dim % (2 * numHeads) !== 0)
      context.addIssue({ code: 'custom', path: ['dim'], message: `expected a multiple of 2 x numHeads ${numHeads}` });
    if (dim % 6 !== 0 && Object.values(modalities).some(({ shape }) => shape.length === 3))
      context.addIssue({ code: 'custom', path: ['dim'], message: 'expected a multiple of 6 for positions in a video' });
  });
export type MaskedModelConfig = z.infer<typeof maskedModelConfigSchema>;
