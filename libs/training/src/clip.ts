import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, nativeOp } from '@egolab/runtime';

/** Half the sum of squares of a tensor, a scalar, in one pass without a temporary. */
export function halfSquaredNorm(x: Tensor): Tensor {
  return nativeOp('L2Loss', [attribute.type('T', 'float32')], [x]);
}

/**
 * The factor that brings gradients of this global norm down to `maxNorm`: torch.nn.utils.clip_grad_norm_'s
 * `min(1, maxNorm / (norm + 1e-6))`.
 */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
