import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { VideoTokenizerConfig } from './config.ts';
import { autoencode, type VideoTokenizerOptions } from './model.ts';

/**
 * The pixels' L1, the part of the published objective that needs no weights of another network (its perceptual, flow and Gram terms need
 * VGG-19 and RAFT). Finite scalar quantisation has no loss of its own.
 *
 * @param x `[batch, 1 + 4 n, height, width, 3]` in [-1, 1]
 */
export function reconstructionLoss(
  p: Scope,
  config: VideoTokenizerConfig,
  x: Tensor,
  options: VideoTokenizerOptions = {},
): Scalar {
  const { reconstruction } = autoencode(p, config, x, options);
  return tf.mean(tf.abs(tf.sub(reconstruction, x)));
}
