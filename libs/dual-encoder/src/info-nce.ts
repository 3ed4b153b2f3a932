import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { checkpointed, crossEntropy } from '@egolab/nn';
import type { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';

/** Largest logarithm of 1 / temperature: ln 100 (Radford et al. 2021, section 2.5; AVION). The smallest is 0. */
export const MAX_LOGIT_SCALE = Math.log(100);

/** Keep a learned temperature in its range: after each update, as AVION does, so that its gradient never dies. */
export function clampLogitScale(parameters: Parameters): void {
  const logitScale = parameters.get('logit_scale');
  tf.tidy(() => logitScale.assign(tf.clipByValue(logitScale, 0, MAX_LOGIT_SCALE)));
}

export interface InfoNce {
  /** mean over the batch and both directions */
  readonly loss: Scalar;
  /** share of the videos whose own text is the nearest */
  readonly accuracy: Scalar;
}

/**
 * The symmetric InfoNCE loss of equations 1 and 6: of all texts of the batch each video is to find its own, and the other
 * way round. Two clips with the same text count as different, as in the paper.
 *
 * @param videos unit-length, `[batch, projection]`
 * @param texts unit-length, row i describes video i
 * @param logitScale logarithm of 1 / temperature
 */
export function infoNce(videos: Tensor, texts: Tensor, logitScale: Tensor): InfoNce {
  const [batch] = videos.shape;
  if (videos.rank !== 2 || String(videos.shape) !== String(texts.shape))
    throw new Error(
      `infoNce: expected two [batch, projection] of one shape, got [${videos.shape}] and [${texts.shape}]`,
    );
  const similarities = tf.mul(tf.matMul(videos as Tensor & { rank: 2 }, texts, false, true), tf.exp(logitScale));
  const own = tf.range(0, batch, 1, 'int32');
  const loss = tf.div(tf.add(crossEntropy(similarities, own), crossEntropy(tf.transpose(similarities), own)), 2);
  const found = tf.equal(tf.argMax(similarities as Tensor & { rank: 2 }, 1), own);
  return { loss: loss as Scalar, accuracy: tf.mean(tf.cast(found, 'float32')) as Scalar };
}

/**
 * Rows that a network computes for the samples of a batch, in parts of `localBatchSize`, so that a loss over all of them can
 * be differentiated with one part's activations in memory: a first pass keeps the rows alone, and the backward pass runs each
 * part again with the gradient of its rows (Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory
 * Limited Setup"). The gradients are those of one pass.
 *
 * @param rows from `begin` up to `end`: `[end - begin, width]`, a function of parameters and of tensors that it makes itself
 * @returns `[batch, width]`
 */
export function rowsInParts(
  batch: number,
  localBatchSize: number,
  rows: (begin: number, end: number) => Tensor,
): Tensor {
  if (batch <= localBatchSize) return tf.tidy(() => rows(0, batch));
  const parts: Tensor[] = [];
  for (let begin = 0; begin < batch; begin += localBatchSize)
    parts.push(checkpointed(() => rows(begin, Math.min(batch, begin + localBatchSize)), []));
  return tf.concat(parts, 0);
}
