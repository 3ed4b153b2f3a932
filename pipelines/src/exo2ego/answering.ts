import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { selfPracticeTokens, viewVisualTokens, type VideoLlm } from '@egolab/video-llm';

/** Which of the model's features answer about an egocentric clip: what its last stage has trained. */
export type Reads = 'ego encoder' | 'exo encoder' | 'F(x) and x';

/** What answers after each training stage. */
export const readsAfter: Readonly<Record<string, Reads>> = {
  initialize: 'ego encoder',
  stage1: 'exo encoder',
  stage2: 'F(x) and x',
  stage3: 'F(x) and x',
};

/**
 * Visual tokens of egocentric clips.
 *
 * @param pixels normalised, `[batch, time, height, width, 3]`
 * @returns `[batch, tokens, hiddenLLM]`; twice the tokens for F(x) and x
 */
export function answeringTokens(model: VideoLlm, reads: Reads, pixels: Tensor): Tensor {
  if (reads === 'F(x) and x') return selfPracticeTokens(model, pixels);
  return viewVisualTokens(model, reads === 'ego encoder' ? 'ego' : 'exo', pixels);
}
