/**
 * exp of the mean negative log-likelihood per token, over a corpus: tokens weigh the same, not sentences.
 *
 * @param logLikelihoods [n] summed natural log-likelihood of each sequence
 * @param tokens [n] number of tokens of each
 */
export function perplexity(logLikelihoods: readonly number[], tokens: readonly number[]): number {
  if (logLikelihoods.length !== tokens.length) {
    throw new RangeError(`expected ${logLikelihoods.length} token counts, got ${tokens.length}`);
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return Math.exp(-sum(logLikelihoods) / sum(tokens));
}
