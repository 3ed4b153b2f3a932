import { z } from 'zod';

const count = z.number().int().positive();

/** EgoDTM's 3D-aware decoder (section 3.2). Defaults: the paper's sizes; where text and released code differ, the text. */
export const depthDecoderConfigSchema = z.strictObject({
  /** channels of the video encoder's patch tokens */
  inputDim: count.default(768),
  /** C inside the decoder */
  hiddenDim: count.default(256),
  numHeads: count.default(8),
  ffnDim: count.default(2048),
  /** transformer layers: six in the text; the released constructor takes one off, so five run */
  numLayers: count.default(6),
  /** L, depth queries, each an interval of depth */
  numQueries: count.default(8),
  /** m, the side of the depth map in patches' sides: on a grid of 14, 2 gives 28p, 4 gives 56p, 8 gives 112p */
  scale: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(8)]).default(4),
  /** which maps the queries attend to: all scales below m, concatenated (text), or the 1x map alone (released) */
  keys: z.enum(['all-scales', 'lowest-scale']).default('all-scales'),
  /** whether the query's position is added to self-attention's values too, as the released flash path does */
  positionInValues: z.boolean().default(false),
});
export type DepthDecoderConfig = z.infer<typeof depthDecoderConfigSchema>;

/** Where text and released code differ: `released` is what EgoDTM's training log ran. */
export const depthDecoderVariants = {
  paper: { numLayers: 6, keys: 'all-scales', positionInValues: false },
  released: { numLayers: 5, keys: 'lowest-scale', positionInValues: true },
} as const satisfies Record<string, Partial<DepthDecoderConfig>>;

/** The pyramid's scales, 1x first: those that keys are taken from, and m. */
export function pyramidScales({ scale, keys }: DepthDecoderConfig): number[] {
  const all = [1, 2, 4, 8].filter((each) => each <= scale);
  return keys === 'all-scales' ? all : [...new Set([1, scale])];
}

/** The scales that the queries attend to: those below m, or 1x where there is no other. */
export function keyScales(config: DepthDecoderConfig): number[] {
  const below = pyramidScales(config).filter((each) => each < config.scale);
  return below.length > 0 ? below : [1];
}
