import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { type LossReduction, modalityLosses, reduceLosses } from './losses.ts';
import type { MaskedTokens } from './masking/mask-tokens.ts';
import type { MaskedModel, MaskedModelOptions } from './model.ts';
import { packTokens } from './packing.ts';

/** The loss of a batch of masked clips, and each modality's own. */
export interface MaskedLoss {
  loss: Scalar;
  /** `tok_rgb` -> cross-entropy (nats a token); 0 where the batch has no target of that modality */
  modalities: Record<string, Scalar>;
}

/** Section 3.3: predict the target tokens of each clip from its visible ones. */
export function maskedLoss(
  model: MaskedModel,
  batch: readonly MaskedTokens[],
  reduction: LossReduction,
  options: MaskedModelOptions = {},
): MaskedLoss {
  const inputs = packTokens(batch.map(({ inputs }) => inputs));
  const targets = packTokens(batch.map(({ targets }) => targets));
  const decoded = model.decode(model.encode(inputs, options), targets, options);
  const losses = modalityLosses(model, decoded, targets);
  const own = new Map(losses.map(({ name, loss }) => [name, loss]));
  return {
    loss: reduceLosses(losses, reduction, model.config.modalities),
    modalities: Object.fromEntries(model.names.map((name) => [name, own.get(name) ?? tf.scalar(0)])),
  };
}
