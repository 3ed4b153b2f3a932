import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import { addBias, fromPrecision, matMul, sumRows, toPrecision } from './operands.ts';
import type { Scope } from './parameters.ts';
import { precision } from './precision.ts';

/**
 * y = x W^T + b, as torch.nn.Linear.
 *
 * @param p scope holding `weight` `[out, in]` and, optionally, `bias` `[out]`
 * @param x `[..., in]`
 * @returns `[..., out]`
 */
export function linear(p: Scope, x: Tensor): Tensor {
  const weight = p.get('weight');
  const bias = p.has('bias') ? p.get('bias') : undefined;
  const [outputs, inputs] = weight.shape;
  if (x.shape.at(-1) !== inputs)
    throw new Error(`linear: expected x [..., ${inputs}] for weight [${outputs}, ${inputs}], got [${x.shape}]`);
  const rows = x.size / inputs;
  const dtype = precision();
  return differentiable<Record<string, Tensor>>({
    name: 'linear',
    inputs: bias ? { x, weight, bias } : { x, weight },
    forward: (needs) => {
      const flat = toPrecision(tf.reshape(x, [rows, inputs]), dtype);
      const product = fromPrecision(matMul(flat, toPrecision(weight, dtype), dtype, { b: true }), dtype);
      const value = tf.reshape(bias ? addBias(product, bias) : product, [...x.shape.slice(0, -1), outputs]);
      // the weight is kept as it stands and cast again in the backward pass: a copy would cost more memory than time
      return { value, saved: { ...(needs('weight') ? { flat } : {}), ...(needs('x') ? { weight } : {}) } };
    },
    backward: (dy, { flat, weight }) => {
      const flatDy = tf.reshape(dy, [rows, outputs]);
      const upstream = toPrecision(flatDy, dtype);
      return {
        x: () => tf.reshape(fromPrecision(matMul(upstream, toPrecision(weight, dtype), dtype), dtype), x.shape),
        weight: () => fromPrecision(matMul(upstream, flat, dtype, { a: true }), dtype),
        bias: () => sumRows(flatDy),
      };
    },
  });
}
