import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { gelu, linear } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { ConnectorWidths, MlpConnectorConfig } from './config.ts';
import { convolutionParameters } from './reg-stage.ts';

/** Parameters `0` and `2`, as the names under VideoLLaMA2's `mm_projector`. */
export function mlpConnectorParameters({ vision, language }: ConnectorWidths): ParameterSpecs {
  return { ...convolutionParameters('0', [language, vision]), ...convolutionParameters('2', [language, language]) };
}

/**
 * Linear, GELU, linear on every patch (LLaVA 1.5, section 3.2), after the mean over frames when `temporal` is 'mean'.
 *
 * @param p scope holding `0` and `2`
 * @param features `[batch, time, gridH, gridW, channel]`
 * @returns visual tokens `[batch, tokens, hiddenLLM]`
 */
export function mlpConnector(p: Scope, { temporal }: MlpConnectorConfig, features: Tensor): Tensor {
  const patches = temporal === 'mean' ? tf.mean(features, 1) : features;
  const tokens = tf.reshape(patches, [features.shape[0], -1, features.shape[4]!]);
  return linear(p.scope('2'), gelu(linear(p.scope('0'), tokens)));
}
