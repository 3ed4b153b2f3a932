import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** ||X - X^||^2 as a mean over all numbers (torch.nn.functional.mse_loss). */
export function meanSquaredError(reconstruction: Tensor, target: Tensor): Scalar {
  return tf.mean(tf.squaredDifference(reconstruction, target));
}

/** What the masked loss divides by: valid frames, as released, or valid numbers, which halves it for two coordinates. */
export type MaskedReduction = 'per-frame' | 'per-coordinate';

/**
 * "We mask out invalid data and use masked L2 loss instead" (section 3.2): sum of squared errors of valid frames over their number.
 * A batch without a valid frame gives 0.
 *
 * @param reconstruction `[batch, frame, channel]`
 * @param target as `reconstruction`; finite also where invalid
 * @param mask `[batch, frame, 1]`, 1 where valid, else 0
 */
export function maskedSquaredError(
  reconstruction: Tensor,
  target: Tensor,
  mask: Tensor,
  reduction: MaskedReduction,
): Scalar {
  const error = tf.sum(tf.mul(tf.squaredDifference(reconstruction, target), mask));
  const frames = tf.maximum(tf.sum(mask), 1);
  const divisor = reduction === 'per-frame' ? frames : tf.mul(frames, target.shape.at(-1)!);
  return tf.div(error, divisor);
}

/** beta ||z - sg[q]||^2 without beta. z isn't normalised, so that it is drawn to the codes' length too. */
export function commitmentLoss(z: Tensor, codes: Tensor): Scalar {
  return meanSquaredError(z, codes);
}
