import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { conv2d, init, layerNorm, prefixed } from '@egolab/nn';
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
  let x = layerNorm(model.scope('pre_layrnorm'), patchEmbeddings(model.scope('embeddings'), config, pixels), eps);
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

function patchEmbeddings(p: Scope, config: ClipVisionConfig, pixels: Tensor): Tensor {
  const { hidden_size: hidden, patch_size: patch, image_size: side } = config;
  const [images, height, width, channels] = pixels.shape;
  if (pixels.rank !== 4 || height !== side || width !== side || channels !== config.num_channels) {
    throw new Error(
      `clipVision: expected pixels [image, ${side}, ${side}, ${config.num_channels}], got [${pixels.shape}]`,
    );
  }
  const patches = tf.reshape(conv2d(p.scope('patch_embedding'), pixels, { stride: patch, padding: 0 }), [
    images,
    gridSide(config) ** 2,
    hidden,
  ]);
  const classToken = tf.tile(tf.reshape(p.get('class_embedding'), [1, 1, hidden]), [images, 1, 1]);
  return tf.add(tf.concat([classToken, patches], 1), p.get('position_embedding.weight'));
}
