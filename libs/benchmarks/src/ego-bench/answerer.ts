import type { ClipRequest } from '@egolab/video';

/** Texts that could be said about a clip. */
export interface Asked {
  readonly clip: ClipRequest;
  /** the user's message; undefined: the texts are captions, as in pretraining, and nothing is asked */
  readonly prompt: string | undefined;
  readonly answers: readonly string[];
}

/** How likely a text is: log-likelihood in nats, and its number of tokens. */
export interface Likelihood {
  readonly logLikelihood: number;
  readonly numTokens: number;
}

/** A model that looks at clips and answers. */
export interface Answerer {
  /** decode clips that will be asked about soon */
  prefetch(clips: readonly ClipRequest[]): void;
  /** how likely every answer to every prompt is; which ones are asked together changes nothing but time */
  likelihoods(asked: readonly Asked[]): Promise<readonly (readonly Likelihood[])[]>;
  /** an answer in the model's own words */
  generate(clip: ClipRequest, prompt: string): Promise<string>;
}

/** What is compared between texts: nats per token, so that length doesn't count, or of the whole text. */
export type Comparison = 'per-token' | 'whole';

export function comparable({ logLikelihood, numTokens }: Likelihood, comparison: Comparison): number {
  return comparison === 'per-token' ? logLikelihood / numTokens : logLikelihood;
}
