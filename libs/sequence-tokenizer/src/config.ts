import { z } from 'zod';

const count = z.number().int().positive();

/** Architecture of one modality's tokenizer; the defaults are the release's. */
export const sequenceTokenizerConfigSchema = z.strictObject({
  /** camera: nine numbers a frame; gaze: two, and whether the frame is valid */
  modality: z.enum(['camera', 'gaze']),
  /** frames of a clip: 2 s at 30 fps */
  numFrames: count.default(60),
  /** frames that share a token */
  temporalCompression: count.default(2),
  /** width of the transformers */
  dim: count.default(768),
  /** blocks of the encoder, and as many of the decoder */
  depth: count.default(12),
  numHeads: count.default(12),
  mlpRatio: z.number().positive().default(4),
  codebookSize: count.default(256),
  /** width of a code */
  latentDim: count.default(32),
});
export type SequenceTokenizerConfig = z.infer<typeof sequenceTokenizerConfigSchema>;

/** Moving averages of the codebook and what becomes of codes that nothing is assigned to. */
export const codebookConfigSchema = z.strictObject({
  /** of the codes and of how often each is used */
  emaDecay: z.number().min(0).max(1).default(0.99),
  /**
   * A code whose average number of hits a step falls below the threshold is replaced by a latent of the batch.
   * per-batch: tokens a step / (coefficient x codebook size); fixed: the release's 2.0, which replaces every code for ever in batches
   * of less than 2 hits a code.
   */
  deadCodes: z
    .discriminatedUnion('rule', [
      z.strictObject({ rule: z.literal('per-batch'), coefficient: z.number().positive() }),
      z.strictObject({ rule: z.literal('fixed'), threshold: z.number().min(0) }),
    ])
    .default({ rule: 'per-batch', coefficient: 32 }),
});
export type CodebookConfig = z.infer<typeof codebookConfigSchema>;

/** Numbers a frame that the decoder gives. */
export function numChannels({ modality }: Pick<SequenceTokenizerConfig, 'modality'>): number {
  return modality === 'camera' ? 9 : 2;
}

/** Tokens a clip. */
export function numTokens({ numFrames, temporalCompression }: SequenceTokenizerConfig): number {
  return numFrames / temporalCompression;
}

/** @throws Error when the sizes don't fit each other */
export function checkConfig(config: SequenceTokenizerConfig): void {
  const { numFrames, temporalCompression, dim, numHeads } = config;
  if (!Number.isInteger(numTokens(config)))
    throw new Error(
      `expected numFrames to be a multiple of temporalCompression ${temporalCompression}, got ${numFrames}`,
    );
  if (dim % (2 * numHeads) !== 0)
    throw new Error(`expected dim to be a multiple of 2 x numHeads ${numHeads}, got ${dim}`);
}
