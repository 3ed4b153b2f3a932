import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { crossEntropy } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { VslnetConfig } from './config.ts';
import { type GroundingLogits, lengthMask } from './vslnet.ts';

/** The right answer for one video, in positions of its features; both ends belong to it. */
export interface GroundingTarget {
  readonly start: number;
  readonly end: number;
}

/**
 * Cross-entropies of start and end, plus the highlighting loss times its weight (Zhang et al. 2020, equations 5, 8 and 9;
 * weights of Ego4D's baseline).
 */
export function groundingLoss(
  logits: GroundingLogits,
  targets: readonly GroundingTarget[],
  videoLengths: readonly number[],
  config: VslnetConfig,
): Scalar {
  return tf.tidy(() => {
    const [, time] = logits.start.shape;
    const mask = lengthMask(videoLengths, time!);
    const labels = targets.map((target, i) =>
      highlightLabels(target, videoLengths[i], time!, config.highlightExtension),
    );
    const highlight = highlightLoss(logits.highlight, tf.tensor2d(labels), mask);
    return tf.add(spanLoss(logits, targets), tf.mul(highlight, config.highlightWeight));
  });
}

/** Cross-entropy of the start plus that of the end, means over the batch. */
export function spanLoss({ start, end }: GroundingLogits, targets: readonly GroundingTarget[]): Scalar {
  const positions = (key: 'start' | 'end') =>
    tf.tensor1d(
      targets.map((target) => target[key]),
      'int32',
    );
  return tf.add(crossEntropy(start, positions('start')), crossEntropy(end, positions('end')));
}

/**
 * Binary cross-entropy of being inside the extended window, in which positions inside count twice; mean over the batch's
 * positions.
 *
 * @param logits `[batch, time]`
 * @param labels `[batch, time]`, 0 or 1
 * @param mask `[batch, time]`, 0 for padding
 */
export function highlightLoss(logits: Tensor, labels: Tensor, mask: Tensor): Scalar {
  const each = tf.sub(tf.softplus(logits), tf.mul(logits, labels));
  const weights = tf.mul(tf.add(labels, 1), mask);
  return tf.div(tf.sum(tf.mul(each, weights)), tf.add(tf.sum(mask), 1e-12));
}

/** 1 inside the window and within `extension` of its length around it, 0 elsewhere and in padding. */
export function highlightLabels(
  { start, end }: GroundingTarget,
  length: number,
  time: number,
  extension: number,
): number[] {
  const more = roundHalfEven(extension * (end - start + 1));
  const [first, last] = [Math.max(0, start - more), Math.min(end + more, length - 1)];
  return Array.from({ length: time }, (_, position) => (position >= first && position <= last ? 1 : 0));
}

/** Python's round. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return value - Math.floor(value) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
