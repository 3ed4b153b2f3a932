import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { init, linear } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { FullyConnectedMappingConfig } from './config.ts';

/** Parameters `model.0`, `model.2`, … with PyTorch's default initialisation of nn.Linear. */
export function fullyConnectedParameters(
  { hiddenSize, depth }: FullyConnectedMappingConfig,
  channels: number,
): ParameterSpecs {
  const specs: ParameterSpecs = {};
  for (let layer = 0; layer < depth; layer++) {
    const inputs = layer === 0 ? channels : hiddenSize;
    const outputs = layer === depth - 1 ? channels : hiddenSize;
    specs[`model.${2 * layer}.weight`] = { shape: [outputs, inputs], init: init.uniform(inputs ** -0.5) };
    specs[`model.${2 * layer}.bias`] = { shape: [outputs], init: init.uniform(inputs ** -0.5) };
  }
  return specs;
}

/**
 * Fully-connected mapping: one MLP applied to every patch (Exo2Ego Table 7, row 5).
 *
 * @param p scope holding `model`
 * @param x `[batch, gridH, gridW, channel]`
 * @returns same shape
 */
export function fullyConnectedMapping(p: Scope, { depth }: FullyConnectedMappingConfig, x: Tensor): Tensor {
  for (let layer = 0; layer < depth; layer++) {
    x = linear(p.scope(`model.${2 * layer}`), x);
    if (layer < depth - 1) x = tf.relu(x);
  }
  return x;
}
