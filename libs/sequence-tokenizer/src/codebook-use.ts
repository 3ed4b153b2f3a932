import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** exp of the entropy of how codes are used: 1 when one code is used alone, their number when all are used alike. `hits` `[code]`, at any scale. */
export function perplexity(hits: Tensor): Scalar {
  const share = tf.div(hits, tf.sum(hits));
  return tf.exp(tf.neg(tf.sum(tf.mul(share, tf.log(tf.maximum(share, 1e-30)))))) as Scalar;
}

/**
 * How much of a codebook some tokens use.
 *
 * @param tokens of any number of clips
 * @returns `used`: share of the codes that occur, in [0, 1]; `perplexity` in codes
 */
export function codebookUse(tokens: Iterable<number>, codebookSize: number): { used: number; perplexity: number } {
  const hits = new Map<number, number>();
  let total = 0;
  for (const token of tokens) {
    if (!(Number.isInteger(token) && token >= 0 && token < codebookSize))
      throw new Error(`expected tokens in [0, ${codebookSize}), got ${token}`);
    hits.set(token, (hits.get(token) ?? 0) + 1);
    total++;
  }
  let entropy = 0;
  for (const count of hits.values()) entropy -= (count / total) * Math.log(count / total);
  return { used: hits.size / codebookSize, perplexity: total === 0 ? 0 : Math.exp(entropy) };
}
