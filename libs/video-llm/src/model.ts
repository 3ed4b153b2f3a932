import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { clipVision, clipVisionParameters, gridSide } from '@egolab/dual-encoder';
import type { ClipVisionConfig, EncoderOptions } from '@egolab/dual-encoder';
import { mapping, mappingParameters } from '@egolab/ego-exo-mapping';
import { llamaParameters } from '@egolab/language-model';
import { prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { VideoLlmConfig } from './config.ts';
import { connectorParameters, visualTokens } from './connector/index.ts';

/** The two camera views: egocentric is domain X and the student, exocentric domain Y and the teacher. */
export type View = 'ego' | 'exo';

/** The model's parts, each a scope that starts where the part's own names start; they may lie in one Parameters or several. */
export interface VideoLlm {
  config: VideoLlmConfig;
  towers: Record<View, Scope>;
  /** the same scope twice when the connector is shared */
  connectors: Record<View, Scope>;
  /** F: ego -> exo */
  F: Scope;
  /** G: exo -> ego */
  G: Scope;
  languageModel: Scope;
}

/**
 * `gradientCheckpointing` recomputes each block of towers, mappings and connectors in the backward pass;
 * `attention: 'chunked'` keeps no `[heads, query, key]` tensor for it.
 */
export type ForwardOptions = EncoderOptions;

/** Name prefix of every part; a stage freezes and trains parts by it. */
export const PREFIX = {
  towers: { ego: 'ego_tower', exo: 'exo_tower' },
  connectors: { shared: 'connector', ego: 'ego_connector', exo: 'exo_connector' },
  F: 'mapping.F',
  G: 'mapping.G',
  languageModel: 'language_model',
} as const;

/** Name prefix of the connector behind a view's tower. */
export function connectorPrefix(config: VideoLlmConfig, view: View): string {
  return PREFIX.connectors[config.connectors === 'shared' ? 'shared' : view];
}

/** Towers, connectors and mappings: all that the stages train outside the language model. */
export function visionSideParameters(config: VideoLlmConfig): ParameterSpecs {
  const tower = clipVisionParameters(config.vision, 'penultimate-patches');
  const connector = connectorParameters(config.connector, {
    vision: config.vision.hidden_size,
    language: config.languageModel.hidden_size,
  });
  const map = mappingParameters(config.mapping, config.vision.hidden_size);
  return {
    ...prefixed(PREFIX.towers.ego, tower),
    ...prefixed(PREFIX.towers.exo, tower),
    ...prefixed(connectorPrefix(config, 'ego'), connector),
    ...prefixed(connectorPrefix(config, 'exo'), connector),
    ...prefixed(PREFIX.F, map),
    ...prefixed(PREFIX.G, map),
  };
}

/** All parameters, the language model's under `language_model`. */
export function videoLlmParameters(config: VideoLlmConfig): ParameterSpecs {
  return { ...visionSideParameters(config), ...prefixed(PREFIX.languageModel, llamaParameters(config.languageModel)) };
}

/**
 * The model over its parameters.
 *
 * @param p holds the parts under {@link PREFIX}
 * @param languageModel where the language model lies in a Parameters of its own, such as a frozen one read from a checkpoint
 */
export function videoLlm(
  config: VideoLlmConfig,
  p: Scope,
  languageModel: Scope = p.scope(PREFIX.languageModel),
): VideoLlm {
  return {
    config,
    towers: { ego: p.scope(PREFIX.towers.ego), exo: p.scope(PREFIX.towers.exo) },
    connectors: { ego: p.scope(connectorPrefix(config, 'ego')), exo: p.scope(connectorPrefix(config, 'exo')) },
    F: p.scope(PREFIX.F),
    G: p.scope(PREFIX.G),
    languageModel,
  };
}

/**
 * Patch features of CLIP's penultimate layer, frame by frame.
 *
 * @param tower scope holding `vision_model`
 * @param frames normalised pixels `[batch, time, height, width, 3]`
 * @returns `[batch, time, gridH, gridW, channel]`
 */
export function encodeVideo(
  tower: Scope,
  config: ClipVisionConfig,
  frames: Tensor,
  options: ForwardOptions = {},
): Tensor {
  const [batch, time, height, width, channels] = frames.shape;
  if (frames.rank !== 5)
    throw new Error(`encodeVideo: expected frames [batch, time, height, width, 3], got [${frames.shape}]`);
  const side = gridSide(config);
  const patches = clipVision(tower, config, tf.reshape(frames, [batch * time!, height!, width!, channels!]), {
    ...options,
    output: 'penultimate-patches',
  });
  return tf.reshape(patches, [batch, time!, side, side, config.hidden_size]);
}

/**
 * F or G on every frame's patch grid.
 *
 * @param p `model.F` or `model.G`
 * @param features `[batch, time, gridH, gridW, channel]`
 * @returns same shape
 */
export function mapFeatures(
  p: Scope,
  config: VideoLlmConfig['mapping'],
  features: Tensor,
  options: ForwardOptions = {},
): Tensor {
  const [batch, time, ...grid] = features.shape;
  return tf.reshape(mapping(p, config, tf.reshape(features, [batch * time!, ...grid]), options), features.shape);
}

/** Visual tokens `[batch, tokens, hiddenLLM]` of features in one view's domain, through that view's connector. */
export function connect(model: VideoLlm, view: View, features: Tensor, options: ForwardOptions = {}): Tensor {
  return visualTokens(model.connectors[view], model.config.connector, features, options);
}

/** The teacher's (or mapped) and the student's visual tokens as one sequence `[batch, 2 * tokens, hiddenLLM]`. */
export function concatenate(exo: Tensor, ego: Tensor, order: VideoLlmConfig['concatenation']): Tensor {
  return tf.concat(order === 'exo-first' ? [exo, ego] : [ego, exo], 1);
}
