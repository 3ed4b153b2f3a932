import { UserError } from '@egolab/foundation';
import { z } from 'zod';
import { clipTextConfigSchema, clipVisionConfigSchema, gridSide } from './config.ts';
import { pixelStatisticsNames } from './pixels.ts';

const count = z.number().int().positive();

/** EgoDTM's video encoder: CLIP's vision transformer over cubes of `tubelet_size` x `patch_size` x `patch_size` pixels (section 3.1). */
export const videoTowerConfigSchema = clipVisionConfigSchema.extend({
  /** frames a clip */
  num_frames: count.default(4),
  /** F0: frames a cube; 1 in the released code */
  tubelet_size: count.default(1),
});
export type VideoTowerConfig = z.infer<typeof videoTowerConfigSchema>;

/** CLIP's text transformer with the mask as a choice. */
export const dualTextConfigSchema = clipTextConfigSchema.extend({
  /** each token sees those before it (CLIP, AVION); false: all, padding included (EgoDTM's released code) */
  causal: z.boolean().default(true),
});

/** EgoDTM's dual encoder (section 3.1); field names are those of transformers' CLIPConfig, and further ones. */
export const dualEncoderConfigSchema = z.object({
  model_type: z.literal('egolab_dual_encoder').default('egolab_dual_encoder'),
  vision_config: videoTowerConfigSchema.prefault({}),
  text_config: dualTextConfigSchema.prefault({}),
  projection_dim: count.default(256),
  /** ln(1 / 0.07) */
  logit_scale_init_value: z.number().default(2.659260036932778),
  /** mean and deviation that pixels are normalised by: CLIP's, or those of LaViLa and AVION */
  pixel_statistics: z.enum(pixelStatisticsNames).default('clip'),
});
export type DualEncoderConfig = z.infer<typeof dualEncoderConfigSchema>;

/** Where the paper, AVION's code and EgoDTM's released code are three different models. */
export interface DualEncoderSwitches {
  /** AVION's constructor drops `use_quick_gelu`, so OpenAI's weights, trained with quick_gelu, run with gelu */
  readonly hidden_act: 'quick_gelu' | 'gelu';
  /** of the vision tower; the text tower's is 1e-5 in all three */
  readonly vision_layer_norm_eps: number;
  /** EgoDTM lifts the mask by a slip: `use_bidirectional_lm` is given the value of FREEZE_TEMPERATURE */
  readonly causal: boolean;
  /** the checkpoint's projection of the class token, or a new one: EgoDTM drops it when it loads AVION's weights */
  readonly visual_projection: 'pretrained' | 'new';
  readonly pixel_statistics: (typeof pixelStatisticsNames)[number];
}

const avion: DualEncoderSwitches = {
  hidden_act: 'gelu',
  vision_layer_norm_eps: 1e-6,
  causal: true,
  visual_projection: 'pretrained',
  pixel_statistics: 'lavila',
};

/** `paper`: CLIP's towers as the text says; `avion`: Zhao and Krähenbühl 2023; `released`: what EgoDTM's code runs. */
export const dualEncoderVariants = {
  paper: {
    hidden_act: 'quick_gelu',
    vision_layer_norm_eps: 1e-5,
    causal: true,
    visual_projection: 'pretrained',
    pixel_statistics: 'clip',
  },
  avion,
  released: { ...avion, causal: false, visual_projection: 'new' },
} as const satisfies Record<string, DualEncoderSwitches>;
export type DualEncoderVariant = keyof typeof dualEncoderVariants;

/** The configuration with the switches of a variant that are part of the model (`visual_projection` is one of loading). */
export function withVariant(config: DualEncoderConfig, variant: DualEncoderVariant): DualEncoderConfig {
  const { hidden_act, vision_layer_norm_eps, causal, pixel_statistics } = dualEncoderVariants[variant];
  return {
    ...config,
    vision_config: { ...config.vision_config, hidden_act, layer_norm_eps: vision_layer_norm_eps },
    text_config: { ...config.text_config, hidden_act, causal },
    pixel_statistics,
  };
}

/**
 * Cubes along time, height and width: F/F0 x H/H0 x W/W0.
 *
 * @throws UserError when the clip isn't a whole number of cubes
 */
export function videoGrid(config: VideoTowerConfig): { time: number; side: number } {
  const { num_frames: frames, tubelet_size: depth } = config;
  if (frames % depth !== 0)
    throw new UserError({
      what: `expected num_frames to be a multiple of tubelet_size, got ${frames} and ${depth}`,
      where: 'the video tower',
      mend: 'correct either: the released code has 4 and 1',
    });
  return { time: frames / depth, side: gridSide(config) };
}
