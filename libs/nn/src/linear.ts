import type { Tensor, Tensor2D } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import type { Scope } from './parameters.ts';

/**
 * y = x W^T + b, as torch.nn.Linear.
 *
 * @param p scope holding `weight` `[out, in]` and, optionally, `bias` `[out]`
 * @param x `[..., in]`
 * @returns `[..., out]`
 */
export function linear(p: Scope, x: Tensor): Tensor {
  const weight = p.get('weight');
  const [outputs, inputs] = weight.shape;
  if (x.shape.at(-1) !== inputs) throw new Error(`linear: expected x [..., ${inputs}] for weight [${outputs}, ${inputs}], got [${x.shape}]`);
  const rows = x.size / inputs;
  const tensors: Record<string, Tensor> = { x, weight, ...(p.has('bias') ? { bias: p.get('bias') } : {}) };
  return differentiable({
    name: 'linear',
    inputs: tensors,
    forward: (needs) => {
      const flat: Tensor2D = tf.reshape(x, [rows, inputs]);
      const product = tf.matMul(flat, weight as Tensor2D, false, true);
      const value = tf.reshape(tensors['bias'] ? tf.add(product, tensors['bias']) : product, [...x.shape.slice(0, -1), outputs]);
      const saved: Record<string, Tensor> = { ...(needs('weight') ? { flat } : {}), ...(needs('x') ? { weight } : {}) };
      return { value, saved };
    },
    backward: (dy, saved) => {
      const flatDy: Tensor2D = tf.reshape(dy, [rows, outputs]);
      return {
        x: () => tf.reshape(tf.matMul(flatDy, saved['weight'] as Tensor2D), x.shape),
        weight: () => tf.matMul(flatDy, saved['flat'] as Tensor2D, true, false),
        bias: () => tf.sum(flatDy, 0),
      };
    },
  });
}
