import type { Tensor, Tensor2D } from '@tensorflow/tfjs-node-gpu';
import { init, layerNorm, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { gridSide } from './config.ts';
import type { ClipVisionConfig } from './config.ts';
import { encoder, encoderParameters, layerNormSpecs } from './encoder.ts';
import type { EncoderOptions } from './encoder.ts';

/**
 * What the vision tower returns:
 * - `penultimate-patches`: the input of the last block, class token dropped, no final norm (VideoLLaMA2's `select_layer` -2): `[image, patch, hidden]`
 * - `last-hidden`: the output of the last block, class token first, no final norm: `[image, 1 + patch, hidden]`
 * - `pooled`: the class token after `post_layernorm`: `[image, hidden]`
 */
export type VisionOutput = 'penultimate-patches' | 'last-hidden' | 'pooled';

/** Blocks that an output needs; the others are neither declared nor run. */
function blocksFor(config: ClipVisionConfig, output: VisionOutput): number {
  return output === 'penultimate-patches' ? config.num_hidden_layers - 1 : config.num_hidden_layers;
}

/**
 * Parameters that `output` needs, named as in transformers' CLIPModel (`vision_model.…`, with its spelling `pre_layrnorm`),
 * initialised as there. A checkpoint's further vision parameters (the last block for `penultimate-patches`) stay unread.
 */
export function clipVisionParameters(config: ClipVisionConfig, output: VisionOutput = 'pooled'): ParameterSpecs {
  const { hidden_size: hidden, num_channels: channels, patch_size: patch } = config;
  const numPositions = 1 + gridSide(config) ** 2;
  return prefixed('vision_model', {
    'embeddings.class_embedding': { shape: [hidden], init: init.normal(hidden ** -0.5) },
    'embeddings.patch_embedding.weight': { shape: [hidden, channels, patch, patch], init: init.normal(0.02) },
    'embeddings.position_embedding.weight': { shape: [numPositions, hidden], init: init.normal(0.02) },
    ...prefixed('pre_layrnorm', layerNormSpecs(hidden)),
    ...prefixed('encoder', encoderParameters(config, blocksFor(config, output))),
    ...(output === 'pooled' ? prefixed('post_layernorm', layerNormSpecs(hidden)) : {}),
  });
}

/**
 * CLIP's vision transformer (Radford et al. 2021, section 2.4; layout of transformers' CLIPVisionTransformer).
 *
 * @param p scope holding `vision_model`
 * @param pixels normalised by `normalizePixels`, `[image, height, width, 3]`, height = width = `image_size`
 * @returns see {@link VisionOutput}; patches run row by row
 */
export function clipVision(
  p: Scope,
  config: ClipVisionConfig,
  pixels: Tensor,
  { output = 'pooled', ...options }: EncoderOptions & { output?: VisionOutput } = {},
): Tensor {
  const model = p.scope('vision_model');
  const eps = config.layer_norm_eps;
  let x = layerNorm(model.scope('pre_layrnorm'), embeddings(model.scope('embeddings'), config, pixels), eps);
  x = encoder(model.scope('encoder'), config, x, { ...options, numLayers: blocksFor(config, output) });
  if (output === 'last-hidden') return x;
  const [images, sequence, hidden] = x.shape;
  if (output === 'penultimate-patches') return tf.slice(x, [0, 1, 0], [images, sequence - 1, hidden]);
  return layerNorm(
    model.scope('post_layernorm'),
    tf.reshape(tf.slice(x, [0, 0, 0], [images, 1, hidden]), [images, hidden]),
    eps,
  );
}

/** Class token and patches, with their positions: `[image, 1 + patch, hidden]`. */
function embeddings(p: Scope, config: ClipVisionConfig, pixels: Tensor): Tensor {
  const { hidden_size: hidden, image_size: side, num_channels: channels } = config;
  if (pixels.rank !== 4 || pixels.shape[1] !== side || pixels.shape[2] !== side || pixels.shape[3] !== channels) {
    throw new Error(`clipVision: expected pixels [image, ${side}, ${side}, ${channels}], got [${pixels.shape}]`);
  }
  const classToken = tf.tile(tf.reshape(p.get('class_embedding'), [1, 1, hidden]), [pixels.shape[0], 1, 1]);
  const tokens = tf.concat([classToken, patchEmbeddings(p.get('patch_embedding.weight'), config, pixels)], 1);
  return tf.add(tokens, p.get('position_embedding.weight'));
}

/**
 * The patch convolution. Its windows don't overlap, so it is one matrix product over every patch's pixels, in the order
 * (channel, row, column), twice as fast on CPU.
 *
 * @param weight `[hidden, channel, patch, patch]`
 * @returns `[image, patch, hidden]`
 */
export function patchEmbeddings(
  weight: Tensor,
  config: Pick<ClipVisionConfig, 'image_size' | 'patch_size' | 'num_channels' | 'hidden_size'>,
  pixels: Tensor,
): Tensor {
  const { patch_size: patch, num_channels: channels, hidden_size: hidden } = config;
  const images = pixels.shape[0];
  const grid = gridSide(config);
  const windows = tf.transpose(tf.reshape(pixels, [images, grid, patch, grid, patch, channels]), [0, 1, 3, 5, 2, 4]);
  const rows: Tensor2D = tf.reshape(windows, [images * grid * grid, channels * patch * patch]);
  const kernel: Tensor2D = tf.reshape(weight, [hidden, channels * patch * patch]);
  return tf.reshape(tf.matMul(rows, kernel, false, true), [images, grid * grid, hidden]);
}
