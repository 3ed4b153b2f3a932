import { z } from 'zod';

/** VSLNet as Ego4D's baseline for natural language queries configures it. */
export const vslnetConfigSchema = z.strictObject({
  /** channels of the video features */
  videoDim: z.number().int().positive(),
  /** channels of the query's token features; 768 for BERT base */
  queryDim: z.number().int().positive().default(768),
  dim: z.number().int().positive().default(128),
  numHeads: z.number().int().positive().default(8),
  /** positions of a video; longer ones are averaged down to it. Queries share the table */
  maxPositions: z.number().int().positive().default(128),
  /** depthwise convolutions in the encoder, and their kernel */
  numConvolutions: z.number().int().positive().default(4),
  kernelSize: z.number().int().positive().default(7),
  dropout: z.number().min(0).lt(1).default(0.2),
  /** weight of the highlighting loss */
  highlightWeight: z.number().nonnegative().default(5),
  /** the highlighted region reaches this share of the window's length beyond it, on both sides */
  highlightExtension: z.number().nonnegative().default(0.1),
});
export type VslnetConfig = z.output<typeof vslnetConfigSchema>;
