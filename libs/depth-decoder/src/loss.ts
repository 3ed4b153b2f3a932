import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/**
 * What the norm of equation 5 is taken as; the loss code isn't public. The first value of the released training log, 0.292,
 * is that of a root-mean-square of a middling constant prediction, not of its square (0.08), so `rmse` is the default
 * although the configuration file is called "mse1".
 */
export const depthLossKinds = ['rmse', 'mse', 'l1'] as const;
export type DepthLossKind = (typeof depthLossKinds)[number];

/** Added under the root, so that a perfect prediction has a gradient. */
const EPSILON = 1e-12;

/**
 * Equation 5 for each clip, over all its pixels.
 *
 * @param predicted inverse depth, `[batch, time, height, width]`
 * @param target of the same shape, in [0, 1]
 * @returns `[batch]`
 */
export function depthLoss(predicted: Tensor, target: Tensor, kind: DepthLossKind = 'rmse'): Tensor {
  if (String(predicted.shape) !== String(target.shape))
    throw new Error(`depthLoss: expected a target [${predicted.shape}], got [${target.shape}]`);
  const error = tf.sub(predicted, target);
  if (kind === 'l1') return tf.mean(tf.abs(error), [1, 2, 3]);
  const square = tf.mean(tf.square(error), [1, 2, 3]);
  return kind === 'mse' ? square : tf.sqrt(tf.add(square, EPSILON));
}
