import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, backend } from '@egolab/runtime';

/**
 * One of our fused CPU kernels (libs/runtime/src/native/kernels.cc): the formula in one pass over memory.
 *
 * @param inputs float32
 * @param parameter epsilon of a norm, width of a padding, sign of a rotation
 * @returns its outputs, owned by the caller's tidy
 */
export function fused(name: string, inputs: Tensor[], outputs: number, parameter = 0): Tensor[] {
  return backend.executeMultipleOutputs(`Egolab${name}`, [attribute.float('parameter', parameter)], inputs, outputs);
}
