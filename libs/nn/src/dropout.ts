import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, nativeOp, tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';

/** 1 / (1 - rate) where a stateless uniform draw keeps an element, 0 elsewhere. */
function keepMask(shape: number[], rate: number, seed: number): Tensor {
  const seeds = tf.tensor1d([seed & 0x7fffffff, Math.floor(seed / 0x80000000)], 'int32');
  const attributes = [
    attribute.type('dtype', 'float32'),
    attribute.type('T', 'int32'),
    attribute.type('Tseed', 'int32'),
  ];
  const uniform = nativeOp('StatelessRandomUniform', attributes, [tf.tensor1d(shape, 'int32'), seeds]);
  return tf.mul(tf.cast(tf.greaterEqual(uniform, rate), 'float32'), 1 / (1 - rate));
}

/**
 * Dropout (Srivastava et al. 2014). The mask depends on the seed and the shape alone and is drawn again in the backward pass.
 *
 * @param rate share of elements set to 0, in [0, 1)
 * @param seed a non-negative safe integer
 */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: expected a rate in [0, 1), got ${rate}`);
  if (rate === 0) return x;
  const apply = (y: Tensor) => tf.mul(y, keepMask(x.shape, rate, seed));
  return differentiable({
    name: 'dropout',
    inputs: { x },
    forward: () => ({ value: apply(x), saved: {} }),
    backward: (dy) => ({ x: () => apply(dy) }),
  });
}
