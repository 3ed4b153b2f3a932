import { z } from 'zod';

const count = z.number().int().positive();

/** A modality as the masked model sees it: discrete tokens on a grid. */
export const tokenModalitySchema = z.strictObject({
  /** size of its tokenizer's codebook */
  vocabularySize: count,
  /** `[tokens]` of a sequence, or `[time, height, width]` of a video */
  shape: z.union([z.tuple([count]), z.tuple([count, count, count])]),
});
export type TokenModality = z.infer<typeof tokenModalitySchema>;

/** Modality name -> its tokens. */
export const modalitiesSchema = z
  .record(z.string().regex(/^tok_[a-z]+$/, 'expected a name such as tok_cam'), tokenModalitySchema)
  .refine((modalities) => Object.keys(modalities).length > 0, 'expected a modality at least');
export type TokenModalities = z.infer<typeof modalitiesSchema>;

/** The four modalities of the paper (section 3.5): 2 s, 60 frames of camera and gaze, 16 of video at 256 x 256. */
export const paperModalities: TokenModalities = {
  tok_cam: { vocabularySize: 256, shape: [30] },
  tok_depth: { vocabularySize: 64000, shape: [5, 32, 32] },
  tok_gaze: { vocabularySize: 256, shape: [30] },
  tok_rgb: { vocabularySize: 64000, shape: [5, 32, 32] },
};

/** Modalities in the order in which they are processed: alphabetical, as released. */
export function modalityNames(modalities: TokenModalities): string[] {
  return Object.keys(modalities).sort();
}

/** Tokens a clip. */
export function numTokens({ shape }: TokenModality): number {
  return shape.reduce((product: number, length) => product * length, 1);
}
