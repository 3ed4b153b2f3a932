import type { Tensor, Tensor1D } from '@tensorflow/tfjs-node-gpu';
import { attribute, backend, tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';

export interface CrossEntropyOptions {
  /** Rows with this label count for nothing. */
  ignoreIndex?: number;
  /** 'mean' over the rows that count (0 when none does), or the loss of every row. */
  reduction?: 'mean' | 'none';
}

/**
 * Softmax cross-entropy, value and gradient in one native pass.
 *
 * @param logits `[row, class]`
 * @param labels int32 `[row]`
 * @returns a scalar, or `[row]`
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { ignoreIndex = -100, reduction = 'mean' }: CrossEntropyOptions = {},
): Tensor {
  if (logits.rank !== 2 || labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new Error(
      `crossEntropy: expected logits [row, class] and labels [row], got [${logits.shape}] and [${labels.shape}]`,
    );
  }
  return differentiable({
    name: 'crossEntropy',
    inputs: { logits },
    forward: () => {
      const counts = tf.cast(tf.notEqual(labels, ignoreIndex), 'float32');
      const classes = tf.mul(labels, tf.cast(counts, 'int32'));
      const attributes = [attribute.type('T', 'float32'), attribute.type('Tlabels', 'int32')];
      const [loss, slope] = backend.executeMultipleOutputs(
        'SparseSoftmaxCrossEntropyWithLogits',
        attributes,
        [logits, classes],
        2,
      );
      const total = reduction === 'mean' ? tf.maximum(tf.sum(counts), 1) : tf.scalar(1);
      const weights: Tensor1D = tf.div(counts, total);
      const weighted = tf.mul(loss, weights);
      return { value: reduction === 'mean' ? tf.sum(weighted) : weighted, saved: { slope, weights } };
    },
    backward: (dy, { slope, weights }) => ({
      logits: () => tf.mul(slope, tf.expandDims(tf.mul(weights, dy), 1)),
    }),
  });
}
