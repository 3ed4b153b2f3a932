import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { fusedKernels, tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import { fused } from './fused.ts';
import { sumRows } from './operands.ts';
import type { Scope } from './parameters.ts';

/**
 * Layer normalisation over the last axis (Ba et al. 2016).
 *
 * @param p scope holding `weight` and `bias` `[channel]`
 * @param x `[..., channel]`
 */
export function layerNorm(p: Scope, x: Tensor, eps = 1e-5): Tensor {
  const weight = p.get('weight');
  const bias = p.get('bias');
  if (fusedKernels) return fusedNorm('LayerNorm', { x, weight, bias }, eps);
  return differentiable({
    name: 'layerNorm',
    inputs: { x, weight, bias },
    forward: () => {
      const mean = tf.mean(x, -1, true);
      const centred = tf.sub(x, mean);
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
      return { value: tf.add(tf.mul(tf.mul(centred, inverse), weight), bias), saved: { x, mean, inverse, weight } };
    },
    backward: (dy, { x, mean, inverse, weight }) => {
      const normalized = tf.mul(tf.sub(x, mean), inverse);
      return {
        x: () => {
          const dz = tf.mul(dy, weight);
          const centred = tf.sub(dz, tf.mean(dz, -1, true));
          return tf.mul(inverse, tf.sub(centred, tf.mul(normalized, tf.mean(tf.mul(dz, normalized), -1, true))));
        },
        weight: () => sumRows(tf.mul(dy, normalized)),
        bias: () => sumRows(dy),
      };
    },
  });
}

/**
 * Root-mean-square normalisation over the last axis (Zhang and Sennrich 2019).
 *
 * @param p scope holding `weight` `[channel]`
 * @param x `[..., channel]`
 */
export function rmsNorm(p: Scope, x: Tensor, eps = 1e-6): Tensor {
  const weight = p.get('weight');
  if (fusedKernels) return fusedNorm('RmsNorm', { x, weight }, eps);
  return differentiable({
    name: 'rmsNorm',
    inputs: { x, weight },
    forward: () => {
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps));
      return { value: tf.mul(tf.mul(x, inverse), weight), saved: { x, inverse, weight } };
    },
    backward: (dy, { x, inverse, weight }) => {
      const normalized = tf.mul(x, inverse);
      return {
        x: () => {
          const dz = tf.mul(dy, weight);
          return tf.mul(inverse, tf.sub(dz, tf.mul(normalized, tf.mean(tf.mul(dz, normalized), -1, true))));
        },
        weight: () => sumRows(tf.mul(dy, normalized)),
      };
    },
  });
}

/** Either of the two above by one kernel forwards and one backwards. */
function fusedNorm(kernel: string, inputs: { x: Tensor; weight: Tensor; bias?: Tensor }, eps: number): Tensor {
  const { x, weight, bias } = inputs;
  const parameters = bias ? [weight, bias] : [weight];
  return differentiable<Record<string, Tensor>>({
    name: kernel,
    inputs: { ...inputs },
    forward: () => {
      const [value, inverse, mean] = fused(kernel, [x, ...parameters], parameters.length + 1, eps);
      return { value, saved: { x, weight, inverse, ...(mean && { mean }) } };
    },
    backward: (dy, { x, weight, inverse, mean }) => {
      let all: Tensor[] | undefined;
      const compute = () =>
        (all ??= fused(`${kernel}Grad`, [dy, x, weight, inverse, ...(mean ? [mean] : [])], mean ? 3 : 2));
      return { x: () => compute()[0], weight: () => compute()[1], bias: () => compute()[2] };
    },
  });
}

/**
 * Instance normalisation without scale and shift (Ulyanov et al. 2016): over the inner axes of each example and channel.
 *
 * @param x `[batch, ...space, channel]`
 */
export function instanceNorm(x: Tensor, eps = 1e-5): Tensor {
  const space = x.shape.slice(1, -1).map((_, axis) => axis + 1);
  return differentiable({
    name: 'instanceNorm',
    inputs: { x },
    forward: () => {
      const { mean, variance } = tf.moments(x, space, true);
      const inverse = tf.rsqrt(tf.add(variance, eps));
      const value = tf.mul(tf.sub(x, mean), inverse);
      return { value, saved: { value, inverse } };
    },
    backward: (dy, { value, inverse }) => ({
      x: () => {
        const centred = tf.sub(dy, tf.mean(dy, space, true));
        return tf.mul(inverse, tf.sub(centred, tf.mul(value, tf.mean(tf.mul(dy, value), space, true))));
      },
    }),
  });
}
