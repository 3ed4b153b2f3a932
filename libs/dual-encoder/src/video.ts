import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { init, layerNorm, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { unitLength } from './clip.ts';
import { encoder } from './encoder.ts';
import type { EncoderOptions } from './encoder.ts';
import { clipText, clipTextParameters } from './text.ts';
import { clipVisionParameters, patchEmbeddings } from './vision.ts';
import { videoGrid } from './video-config.ts';
import type { DualEncoderConfig, VideoTowerConfig } from './video-config.ts';

/**
 * Parameters of both towers, their projections and the temperature: CLIP's names, and the temporal table
 * `vision_model.embeddings.temporal_embedding`, which starts at zero (AVION). With `tubelet_size` above 1 the patch
 * weight has a time axis, `[hidden, channel, time, height, width]`.
 */
export function dualEncoderParameters(config: DualEncoderConfig): ParameterSpecs {
  const { vision_config: vision, text_config: text, projection_dim: width } = config;
  const { hidden_size: hidden, num_channels: channels, patch_size: patch, tubelet_size: depth } = vision;
  const tower = clipVisionParameters(vision);
  if (depth > 1) {
    const fanIn = channels * depth * patch * patch;
    tower['vision_model.embeddings.patch_embedding.weight'] = {
      shape: [hidden, channels, depth, patch, patch],
      init: init.normal(fanIn ** -0.5),
    };
  }
  return {
    ...tower,
    ...prefixed('vision_model.embeddings', {
      temporal_embedding: { shape: [videoGrid(vision).time, hidden], init: init.zeros() },
    }),
    ...clipTextParameters(text),
    'visual_projection.weight': { shape: [width, hidden], init: init.normal(hidden ** -0.5) },
    'text_projection.weight': { shape: [width, text.hidden_size], init: init.normal(text.hidden_size ** -0.5) },
    logit_scale: { shape: [], init: init.constant(config.logit_scale_init_value) },
  };
}

export interface VideoFeatures {
  /** v_cls, the class token after `post_layernorm`: `[batch, hidden]` */
  readonly classEmbedding: Tensor;
  /** v_Z, the cubes after `post_layernorm`: `[batch, time, height, width, hidden]` */
  readonly patches: Tensor;
}

/**
 * EgoDTM's video encoder (section 3.1; AVION's layout): one class token and all cubes of a clip in joint space-time
 * attention. A cube's position is a row of the spatial table, the same in every frame, plus one of the temporal table; the
 * class token has a row of the spatial table alone.
 *
 * @param p scope holding `vision_model`
 * @param pixels normalised, `[batch, time, height, width, 3]`
 */
export function videoTower(
  p: Scope,
  config: VideoTowerConfig,
  pixels: Tensor,
  options: EncoderOptions = {},
): VideoFeatures {
  const model = p.scope('vision_model');
  const { hidden_size: hidden, layer_norm_eps: eps } = config;
  const { time, side } = videoGrid(config);
  const x = layerNorm(model.scope('pre_layrnorm'), embeddings(model.scope('embeddings'), config, pixels), eps);
  const tokens = layerNorm(model.scope('post_layernorm'), encoder(model.scope('encoder'), config, x, options), eps);
  const batch = pixels.shape[0];
  const cubes = time * side * side;
  return {
    classEmbedding: tf.reshape(tf.slice(tokens, [0, 0, 0], [batch, 1, hidden]), [batch, hidden]),
    patches: tf.reshape(tf.slice(tokens, [0, 1, 0], [batch, cubes, hidden]), [batch, time, side, side, hidden]),
  };
}

/** Class token and cubes with their positions: `[batch, 1 + time * height * width, hidden]`. */
function embeddings(p: Scope, config: VideoTowerConfig, pixels: Tensor): Tensor {
  const { hidden_size: hidden, image_size, num_channels: channels, num_frames: frames } = config;
  const expected = [pixels.shape[0], frames, image_size, image_size, channels];
  if (String(pixels.shape) !== String(expected))
    throw new Error(`videoTower: expected pixels [batch, ${expected.slice(1).join(', ')}], got [${pixels.shape}]`);
  const [batch] = pixels.shape;
  const { time, side } = videoGrid(config);
  const spatial = p.get('position_embedding.weight');
  const ofCubes = tf.add(
    tf.reshape(tf.slice(spatial, [1, 0], [side * side, hidden]), [1, side * side, hidden]),
    tf.reshape(p.get('temporal_embedding'), [time, 1, hidden]),
  );
  const cubes = tf.add(
    tf.reshape(cubeEmbeddings(p.get('patch_embedding.weight'), config, pixels), [batch, time * side * side, hidden]),
    tf.reshape(ofCubes, [time * side * side, hidden]),
  );
  const classToken = tf.add(tf.reshape(p.get('class_embedding'), [1, hidden]), tf.slice(spatial, [0, 0], [1, hidden]));
  return tf.concat([tf.tile(tf.reshape(classToken, [1, 1, hidden]), [batch, 1, 1]), cubes], 1);
}

/** Project the cubes: `[batch * time, height * width, hidden]`. The frames of a cube are taken as further channels. */
function cubeEmbeddings(weight: Tensor, config: VideoTowerConfig, pixels: Tensor): Tensor {
  const { image_size: size, num_channels: channels, tubelet_size: depth, patch_size: patch } = config;
  const images = (pixels.shape[0] * config.num_frames) / depth;
  if (depth === 1) return patchEmbeddings(weight, config, tf.reshape(pixels, [images, size, size, channels]));
  const stacked = tf.transpose(tf.reshape(pixels, [images, depth, size * size, channels]), [0, 2, 3, 1]);
  return patchEmbeddings(
    tf.reshape(weight, [weight.shape[0], channels * depth, patch, patch]),
    { ...config, num_channels: channels * depth },
    tf.reshape(stacked, [images, size, size, channels * depth]),
  );
}

/** Unit-length video embeddings `[batch, projection]` of class embeddings `[batch, hidden]`. */
export function projectVideo(p: Scope, classEmbedding: Tensor): Tensor {
  return unitLength(linear(p.scope('visual_projection'), classEmbedding));
}

/** Unit-length video embeddings `[batch, projection]` of normalised pixels `[batch, time, height, width, 3]`. */
export function videoEmbeds(p: Scope, config: DualEncoderConfig, pixels: Tensor, options: EncoderOptions = {}): Tensor {
  return projectVideo(p, videoTower(p, config.vision_config, pixels, options).classEmbedding);
}

/** Unit-length text embeddings `[text, projection]` of token ids `[text, sequence]` (see `textIds`). */
export function captionEmbeds(
  p: Scope,
  config: DualEncoderConfig,
  ids: number[][],
  options: EncoderOptions = {},
): Tensor {
  const { text_config: text } = config;
  const { pooled } = clipText(p, text, ids, { ...options, causal: text.causal });
  return unitLength(linear(p.scope('text_projection'), pooled));
}
