import { z } from 'zod';

const count = z.number().int().positive();

/** The hand-object detector's architecture. */
export const centreNetConfigSchema = z.strictObject({
  /** frames are resized to this square, pixels; a multiple of 8 */
  imageSize: count.multipleOf(8),
  /** channels at half, a quarter and an eighth of the image's size */
  channels: z.tuple([count, count, count]),
  /** channels of the output map's level and of the head */
  pyramidChannels: count,
});
export type CentreNetConfig = z.infer<typeof centreNetConfigSchema>;

/** The output map is this many times smaller than the image, as CenterNet's. */
export const STRIDE = 4;

export const CLASSES = ['hand', 'object'] as const;

/** Channels of the output map, in order. */
export const OUTPUTS = {
  /** centre of a hand, of an object in contact */
  heat: { start: 0, size: 2 },
  /** width and height of each class's box, in cells */
  size: { start: 2, size: 4 },
  /** from the cell's corner to the centre, each class, in cells */
  fraction: { start: 6, size: 4 },
  /** contact state of a hand, logits */
  contact: { start: 10, size: 5 },
  /** logit of the right hand */
  side: { start: 15, size: 1 },
  /** from a touching hand's centre to its object's, in image sizes */
  link: { start: 16, size: 2 },
} as const;
export const NUM_OUTPUTS = 18;
