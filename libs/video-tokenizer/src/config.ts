import { z } from 'zod';

const count = z.number().int().positive();

/** Levels of a causal discrete video tokenizer; the defaults are the published DV 4x8x8's. */
export const videoTokenizerConfigSchema = z.strictObject({
  /** width after the first convolution */
  channels: count.default(128),
  /** width of each level, in `channels` */
  channelsMult: z.array(count).min(1).default([2, 4, 4]),
  /** residual blocks of each level of the encoder; the decoder has one more */
  numResBlocks: count.default(2),
  /** levels of this side have attention, counted from `resolution` whatever the video's size; the middle always has */
  attnResolutions: z.array(count).default([32]),
  resolution: count.default(1024),
  /** width between encoder and quantizer */
  zChannels: count.default(16),
  /** pixels a token covers in height and width: the wavelets give 4, each further doubling is a level's stride */
  spatialCompression: z.union([z.literal(4), z.literal(8), z.literal(16)]).default(8),
  /** values of each number of a code; their product is the codebook's size */
  levels: z.array(z.number().int().min(2)).min(1).default([8, 8, 8, 5, 5, 5]),
});
export type VideoTokenizerConfig = z.infer<typeof videoTokenizerConfigSchema>;

/** Side of the wavelets' patches, in pixels and frames; also the temporal compression: no level strides over time. */
export const PATCH = 4;
/** Colour channels of a video. */
export const COLOURS = 3;
/** Numbers of a patch. */
export const PATCH_CHANNELS = COLOURS * PATCH ** 3;

/** Levels after which the encoder halves height and width; the decoder doubles them after as many of its first levels. */
export function spatialSteps({ spatialCompression, channelsMult }: VideoTokenizerConfig): number {
  const steps = Math.log2(spatialCompression) - Math.log2(PATCH);
  if (steps >= channelsMult.length)
    throw new Error(
      `spatialCompression ${spatialCompression} needs more than ${steps} levels, got ${channelsMult.length}`,
    );
  return steps;
}

/** One level of encoder or decoder. */
export interface Level {
  index: number;
  /** width in front of each residual block, and behind the last */
  widths: number[];
  attention: boolean;
  /** there is a resampling layer behind the blocks */
  resamples: boolean;
  /** … and it changes height and width; the release holds idle ones too */
  strides: boolean;
}

/** The encoder's levels, in running order. */
export function encoderLevels(config: VideoTokenizerConfig): Level[] {
  const { channels, channelsMult, numResBlocks, resolution, attnResolutions } = config;
  const steps = spatialSteps(config);
  return channelsMult.map((mult, index) => {
    const inputs = channels * (channelsMult[index - 1] ?? 1);
    const resamples = index < channelsMult.length - 1;
    return {
      index,
      widths: [inputs, ...Array<number>(numResBlocks).fill(channels * mult)],
      attention: attnResolutions.includes(resolution / PATCH / 2 ** index),
      resamples,
      strides: resamples && index < steps,
    };
  });
}

/** The decoder's levels, in running order: from the last to the first. */
export function decoderLevels(config: VideoTokenizerConfig): Level[] {
  const { channels, channelsMult, numResBlocks, resolution, attnResolutions } = config;
  const last = channelsMult.length - 1;
  const steps = spatialSteps(config);
  return channelsMult.map((_, step) => {
    const index = last - step;
    const width = channels * channelsMult[index];
    const resamples = index > 0;
    return {
      index,
      widths: [channels * channelsMult[Math.min(index + 1, last)], ...Array<number>(numResBlocks + 1).fill(width)],
      attention: attnResolutions.includes(resolution / PATCH / 2 ** index),
      resamples,
      strides: resamples && step < steps,
    };
  });
}
