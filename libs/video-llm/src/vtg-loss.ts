import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { crossEntropy } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { IGNORE_INDEX } from './prompt/prompt.ts';

export interface VtgLoss {
  /** mean negative log-likelihood of all learned tokens of the batch, nats */
  loss: Scalar;
  /** sum of each sequence's log-likelihoods, `[batch]` */
  logLikelihoods: Tensor;
  /** learned tokens of each sequence */
  numTokens: number[];
}

/**
 * Vision-grounded text generation loss (Exo2Ego sections 4.2-4.4): next-token cross entropy of the text given the visual
 * tokens before it. Logits are computed only at positions whose next token is learned.
 *
 * @param hidden the language model's last hidden states `[batch, sequence, hiddenLLM]`
 * @param labels `[batch][sequence]`; position i is predicted at i - 1
 * @param project hidden `[n, hiddenLLM]` -> logits `[n, vocab]`
 * @throws when no token is learned, since the mean would be NaN
 */
export function vtgLoss(hidden: Tensor, labels: number[][], project: (hidden: Tensor) => Tensor): VtgLoss {
  const [batch, sequence, width] = hidden.shape;
  const learned = labels.flatMap((row, clip) =>
    row.flatMap((label, i) =>
      label === IGNORE_INDEX || i === 0 ? [] : [{ clip, label, position: clip * sequence! + i - 1 }],
    ),
  );
  if (learned.length === 0) throw new Error('vtgLoss: expected at least one learned token in the batch, got none');
  const rows = tf.gather(
    tf.reshape(hidden, [-1, width!]),
    tf.tensor1d(
      learned.map(({ position }) => position),
      'int32',
    ),
  );
  const targets = tf.tensor1d(
    learned.map(({ label }) => label),
    'int32',
  );
  const negative = crossEntropy(project(rows), targets, { reduction: 'none' });
  const owners = tf.tensor1d(
    learned.map(({ clip }) => clip),
    'int32',
  );
  return {
    loss: tf.mean(negative),
    logLikelihoods: tf.neg(tf.unsortedSegmentSum(negative, owners, batch)),
    numTokens: labels.map((_, clip) => learned.filter((token) => token.clip === clip).length),
  };
}
