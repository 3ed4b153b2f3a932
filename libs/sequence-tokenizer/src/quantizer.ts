import type { Tensor, Tensor1D } from '@tensorflow/tfjs-node-gpu';
import type { Random } from '@egolab/foundation';
import { differentiable, type Parameters, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { CodebookConfig } from './config.ts';
import { CODEBOOK } from './parameters.ts';

/** torch.nn.functional.normalize over the last axis. */
export function unit(x: Tensor): Tensor {
  return tf.div(x, tf.maximum(tf.norm(x, 'euclidean', -1, true), 1e-12));
}

export interface Quantized {
  /** int32 `[batch, token]` */
  indices: Tensor;
  /** `[batch, token, latentDim]`: the codes, as they stand in the codebook */
  codes: Tensor;
}

/**
 * The code nearest to each latent by cosine similarity.
 *
 * @param codebook scope holding `embed` `[code, latentDim]`
 * @param z `[batch, token, latentDim]`
 */
export function quantize(codebook: Scope, z: Tensor): Quantized {
  const embed = codebook.get('embed');
  const [batch, tokens, width] = z.shape;
  const similarity = tf.matMul(unit(tf.reshape(z, [-1, width!])), unit(embed), false, true);
  const indices = tf.reshape(tf.argMax(similarity, -1), [batch, tokens!]);
  return { indices, codes: embedTokens(codebook, indices) };
}

/** Codes of tokens: int32 `[batch, token]` to `[batch, token, latentDim]`. */
export function embedTokens(codebook: Scope, tokens: Tensor): Tensor {
  return tf.gather(codebook.get('embed'), tokens as Tensor1D);
}

/** The codes in the forward pass; in the backward pass the latents receive the codes' gradient (van den Oord et al. 2017). */
export function straightThrough(z: Tensor, codes: Tensor): Tensor {
  return differentiable({
    name: 'straightThrough',
    inputs: { z },
    forward: () => ({ value: tf.clone(codes), saved: {} }),
    backward: (dy) => ({ z: () => dy }),
  });
}

/** Which tokens of a step's global batch would replace which codes: one for each code, drawn without replacement where there are enough. */
export function drawReplacements(random: Random, numTokens: number, codebookSize: number): number[] {
  if (numTokens < codebookSize) return Array.from({ length: codebookSize }, () => random.integer(0, numTokens - 1));
  const all = Array.from({ length: numTokens }, (_, i) => i);
  return random.shuffle(all).slice(0, codebookSize);
}

/** What an update of the codebook needs of a step, as means over its clips. */
export interface CodebookStatistics {
  /** `[code]`: latents assigned to each code */
  hits: Tensor;
  /** `[code, latentDim]`: sum of their directions */
  directions: Tensor;
  /** `[code, latentDim]`: direction of the latent that would replace the code */
  candidates: Tensor;
}

/**
 * A micro-batch's share of the statistics; means over micro-batches are the whole batch's.
 *
 * @param z `[batch, token, latentDim]`
 * @param indices int32 `[batch, token]`
 * @param replacements for each code the number of a token among all tokens of the global batch
 * @param span which clips of the global batch these are
 */
export function codebookStatistics(
  z: Tensor,
  indices: Tensor,
  replacements: number[],
  { begin, end, size }: { begin: number; end: number; size: number },
): Record<keyof CodebookStatistics, Tensor> {
  const codebookSize = replacements.length;
  const [batch, tokens, width] = z.shape;
  const directions = unit(tf.reshape(z, [-1, width!]));
  const assigned = tf.cast(tf.oneHot(tf.reshape(indices, [-1]) as Tensor1D, codebookSize), 'float32');
  const local = replacements.map((token) => token - begin * tokens!);
  const here = local.map((token) => (token >= 0 && token < (end - begin) * tokens! ? 1 : 0));
  const chosen = tf.gather(directions, tf.tensor1d(local.map((token, code) => (here[code] ? token : 0)), 'int32')); // prettier-ignore
  return {
    hits: tf.div(tf.sum(assigned, 0), batch),
    directions: tf.div(tf.matMul(assigned, directions, true), batch),
    // only one micro-batch holds the token: its mean over the step is the token's direction
    candidates: tf.mul(tf.mul(chosen, tf.tensor2d(here, [codebookSize, 1])), size / batch),
  };
}

/**
 * The codebook's moving averages: every code moves to the mean direction of its latents, or to its own where it has none, and codes
 * that are hardly used start anew from a latent. Codes aren't normalised after that, as in the release.
 *
 * @param p parameters that hold the codebook; assigned to
 * @param statistics means over the step's clips
 * @param step `clips` and `tokens` a clip
 */
export function updateCodebook(
  p: Parameters,
  { emaDecay, deadCodes }: CodebookConfig,
  { hits, directions, candidates }: CodebookStatistics,
  { clips, tokens }: { clips: number; tokens: number },
): void {
  tf.tidy(() => {
    const [embed, clusterSize] = [p.get(`${CODEBOOK}.embed`), p.get(`${CODEBOOK}.cluster_size`)];
    const codebookSize = embed.shape[0]!;
    const average = (before: Tensor, now: Tensor) => tf.add(tf.mul(before, emaDecay), tf.mul(now, 1 - emaDecay));
    const column = (x: Tensor) => tf.expandDims(x, 1);

    const used = average(clusterSize, tf.mul(hits, clips));
    const target = tf.where(column(tf.greater(hits, 0)), unit(directions), unit(embed));
    const threshold =
      deadCodes.rule === 'fixed' ? deadCodes.threshold : (clips * tokens) / (deadCodes.coefficient * codebookSize);
    clusterSize.assign(used);
    embed.assign(tf.where(column(tf.less(used, threshold)), candidates, average(embed, target)));
  });
}
