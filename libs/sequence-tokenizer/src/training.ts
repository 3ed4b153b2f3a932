import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Random } from '@egolab/foundation';
import type { Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { perplexity } from './codebook-use.ts';
import { numTokens, type SequenceTokenizerConfig } from './config.ts';
import { commitmentLoss, maskedSquaredError, meanSquaredError, type MaskedReduction } from './losses.ts';
import { decode, encode } from './model.ts';
import { CODEBOOK } from './parameters.ts';
import {
  codebookStatistics,
  drawReplacements,
  quantize,
  straightThrough,
  type CodebookStatistics,
} from './quantizer.ts';
import type { TransformerOptions } from './transformer.ts';

export interface TokenizerLossOptions extends TransformerOptions {
  /** beta of section 3.2 */
  commitmentWeight: number;
  maskedReduction: MaskedReduction;
  /** which clips of the step's global batch `x` holds */
  span: { begin: number; end: number; size: number };
  /** the same for all micro-batches of a step: it draws what replaces dead codes */
  stepRandom: Random;
}

/**
 * L_tok of section 3.2 without its middle term: moving averages stand in for the gradient of the codes.
 *
 * @param x a batch as {@link encode} takes it
 * @returns loss, its two terms and the codes' perplexity, and what {@link updateCodebook} needs
 */
export function tokenizerLoss(
  p: Scope,
  config: SequenceTokenizerConfig,
  x: Tensor,
  options: TokenizerLossOptions,
): { loss: Scalar; metrics: Record<string, Scalar>; statistics: Record<keyof CodebookStatistics, Tensor> } {
  const { commitmentWeight, maskedReduction, span, stepRandom } = options;
  const z = encode(p, config, x, options);
  const { indices, codes } = quantize(p.scope(CODEBOOK), z);
  const reconstruction = decode(p, config, straightThrough(z, codes), options);
  const error = reconstructionError(config, reconstruction, x, maskedReduction);
  const commitment = commitmentLoss(z, codes);
  const replacements = drawReplacements(stepRandom, span.size * numTokens(config), config.codebookSize);
  const statistics = codebookStatistics(z, indices, replacements, span);
  return {
    loss: tf.add(error, tf.mul(commitment, commitmentWeight)),
    metrics: { reconstruction: error, commitment, perplexity: perplexity(statistics.hits) },
    statistics,
  };
}

function reconstructionError(
  { modality }: SequenceTokenizerConfig,
  reconstruction: Tensor,
  x: Tensor,
  reduction: MaskedReduction,
): Scalar {
  if (modality === 'camera') return meanSquaredError(reconstruction, x);
  const [gaze, mask] = tf.split(x, [2, 1], 2);
  return maskedSquaredError(reconstruction, gaze, mask, reduction);
}
