import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { init, linear } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { ClipConfig } from './config.ts';
import type { EncoderOptions } from './encoder.ts';
import { clipText, clipTextParameters } from './text.ts';
import { clipVision, clipVisionParameters } from './vision.ts';

/** Parameters of both towers, their projections and the temperature, named as in transformers' CLIPModel. */
export function clipParameters(config: ClipConfig): ParameterSpecs {
  const { vision_config: vision, text_config: text, projection_dim: width } = config;
  return {
    ...clipVisionParameters(vision, 'pooled'),
    ...clipTextParameters(text),
    'visual_projection.weight': { shape: [width, vision.hidden_size], init: init.normal(vision.hidden_size ** -0.5) },
    'text_projection.weight': { shape: [width, text.hidden_size], init: init.normal(text.hidden_size ** -0.5) },
    logit_scale: { shape: [], init: init.constant(config.logit_scale_init_value) },
  };
}

/** Unit-length image embeddings `[image, projection]` of normalised pixels `[image, height, width, 3]`. */
export function imageEmbeds(p: Scope, config: ClipConfig, pixels: Tensor, options: EncoderOptions = {}): Tensor {
  const pooled = clipVision(p, config.vision_config, pixels, { ...options, output: 'pooled' });
  return unitLength(linear(p.scope('visual_projection'), pooled));
}

/** Unit-length text embeddings `[text, projection]` of token ids `[text, sequence]`. */
export function textEmbeds(p: Scope, config: ClipConfig, ids: number[][], options: EncoderOptions = {}): Tensor {
  return unitLength(linear(p.scope('text_projection'), clipText(p, config.text_config, ids, options).pooled));
}

/** Cosine similarities times exp(logit_scale): `[image, text]` (Radford et al. 2021, figure 3). */
export function logitsPerImage(p: Scope, images: Tensor, texts: Tensor): Tensor {
  return tf.mul(tf.matMul(images as Tensor & { rank: 2 }, texts, false, true), tf.exp(p.get('logit_scale')));
}

/** Rows divided by their length. */
export function unitLength(x: Tensor): Tensor {
  return tf.div(x, tf.sqrt(tf.sum(tf.square(x), -1, true)));
}
