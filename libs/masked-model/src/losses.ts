import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { linearCrossEntropy } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { z } from 'zod';
import type { TokenModalities } from './modalities.ts';
import { type MaskedModel, rowsAt } from './model.ts';
import { type PackedTokens, rowsOf } from './packing.ts';

/**
 * How the modalities' losses become one:
 * - available: their mean over the modalities that have targets in the batch (the paper);
 * - registered: their sum over the number of all modalities of the model (released `mod`);
 * - tokens: the mean over all target tokens (4M's `token`);
 * - logits: the same with each token weighted by its vocabulary's size (released `token`: it divides by the number of logits).
 */
export const lossReductionSchema = z.enum(['available', 'registered', 'tokens', 'logits']);
export type LossReduction = z.infer<typeof lossReductionSchema>;

/** Cross-entropy (nats) of one modality's targets. */
export interface ModalityLoss {
  name: string;
  /** T_m */
  count: number;
  /** L_m, the mean over them */
  loss: Scalar;
}

/**
 * L_m for each modality that has targets in the batch. Targets are gathered first, and their logits live a chunk at a time.
 *
 * @param decoded `[batch, target, dim]`
 */
export function modalityLosses(model: MaskedModel, decoded: Tensor, targets: PackedTokens): ModalityLoss[] {
  return model.names.flatMap((name, number) => {
    const rows = rowsOf(targets, number);
    if (rows.length === 0) return [];
    const labels = tf.tensor1d(rows.map((row) => targets.token[row]), 'int32'); // prettier-ignore
    const loss = linearCrossEntropy(rowsAt(decoded, rows), model.outputWeight(name), labels);
    return [{ name, count: rows.length, loss: loss as Scalar }];
  });
}

/** L_total; 0 when there is no target at all. */
export function reduceLosses(
  losses: readonly ModalityLoss[],
  reduction: LossReduction,
  modalities: TokenModalities,
): Scalar {
  if (losses.length === 0) return tf.scalar(0);
  const weights = losses.map(({ name, count }) => weightOf(reduction, count, modalities[name].vocabularySize));
  const total =
    reduction === 'registered' ? Object.keys(modalities).length : weights.reduce((sum, weight) => sum + weight, 0);
  return tf.addN(losses.map(({ loss }, i) => tf.mul(loss, weights[i] / total))) as Scalar;
}

function weightOf(reduction: LossReduction, count: number, vocabularySize: number): number {
  switch (reduction) {
    case 'available':
    case 'registered':
      return 1;
    case 'tokens':
      return count;
    case 'logits':
      return count * vocabularySize;
  }
}
