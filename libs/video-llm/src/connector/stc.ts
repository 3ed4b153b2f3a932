import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { conv3d, gelu, linear, prefixed, silu } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { ConnectorOptions, ConnectorWidths, StcConnectorConfig } from './config.ts';
import { convolutionParameters, regStage, regStageParameters } from './reg-stage.ts';

/** Parameters with the names under VideoLLaMA2's `mm_projector`; 489,188,608 values at 1024 -> 4096. */
export function stcConnectorParameters(
  { depth }: StcConnectorConfig,
  { vision, language }: ConnectorWidths,
): ParameterSpecs {
  return {
    ...prefixed('s1', regStageParameters(vision, language, depth)),
    ...convolutionParameters('sampler.0', [language, language, 2, 2, 2]),
    ...prefixed('s2', regStageParameters(language, language, depth)),
    ...convolutionParameters('readout.0', [language, language]),
    ...convolutionParameters('readout.2', [language, language]),
  };
}

/**
 * Spatial-temporal convolution connector (VideoLLaMA2 section 2.2): RegStage on every frame, 3D convolution of stride 2
 * in time and space, RegStage on every resulting frame, two-layer MLP on every token.
 *
 * @param p scope holding `s1`, `sampler`, `s2`, `readout`
 * @param features `[batch, time, gridH, gridW, channel]`
 * @returns visual tokens `[batch, tokens, hiddenLLM]`, time outermost, then rows; 16 frames of 24 x 24 patches give 9 * 13 * 13 = 1521
 */
export function stcConnector(
  p: Scope,
  { depth, padding }: StcConnectorConfig,
  features: Tensor,
  options: ConnectorOptions = {},
): Tensor {
  const perFrame = (stage: string, x: Tensor): Tensor => {
    const frames = tf.reshape(x, [x.shape[0] * x.shape[1]!, ...x.shape.slice(2)]);
    const staged = regStage(p.scope(stage), depth, frames, options);
    return tf.reshape(staged, [x.shape[0], x.shape[1]!, ...staged.shape.slice(1)]);
  };
  return tf.tidy(() => {
    const sampled = silu(conv3d(p.scope('sampler.0'), perFrame('s1', features), { stride: 2, padding }));
    const x = perFrame('s2', sampled);
    const tokens = tf.reshape(x, [x.shape[0], -1, x.shape[4]!]);
    return linear(p.scope('readout.2'), gelu(linear(p.scope('readout.0'), tokens)));
  });
}

/** Length of one axis after the kernel-2, stride-2 convolution. */
export function stcGrid(length: number, padding: 0 | 1): number {
  return Math.floor((length + 2 * padding - 2) / 2) + 1;
}
