import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import type { MappingConfig, MappingOptions } from './config.ts';
import { fullyConnectedMapping, fullyConnectedParameters } from './fully-connected.ts';
import { resnetGenerator, resnetGeneratorParameters } from './resnet-generator.ts';

/**
 * Parameters of one mapping (F: ego -> exo, or G: exo -> ego), names relative to it.
 *
 * @param channels width of the features, in = out
 */
export function mappingParameters(config: MappingConfig, channels: number): ParameterSpecs {
  return config.kind === 'resnet'
    ? resnetGeneratorParameters(config, channels)
    : fullyConnectedParameters(config, channels);
}

/**
 * One mapping between the two domains' patch features, F: X -> Y or G: Y -> X (Exo2Ego section 4.3).
 *
 * @param p scope of that mapping
 * @param x patch features of CLIP's grid, before the connector: `[batch, gridH, gridW, channel]`
 * @returns same shape
 */
export function mapping(p: Scope, config: MappingConfig, x: Tensor, options: MappingOptions = {}): Tensor {
  if (x.rank !== 4) throw new Error(`mapping: expected [batch, gridH, gridW, channel], got [${x.shape}]`);
  return config.kind === 'resnet' ? resnetGenerator(p, config, x, options) : fullyConnectedMapping(p, config, x);
}
