import type { Random } from '@egolab/foundation';

export interface SamplingOptions {
  /** 0: the most probable token, always (greedy) */
  temperature: number;
  /** nucleus sampling: draw from the most probable tokens that together reach this probability (Holtzman et al. 2020) */
  topP: number;
  random: Random;
}

/** The next token's id from its scores `[vocabulary]`; of equal scores the lowest id. */
export function sampleToken(scores: Float32Array, { temperature, topP, random }: SamplingOptions): number {
  if (temperature === 0) return argmax(scores);
  const nucleus = nucleusOf(scores, temperature, topP);
  let remaining = random.uniform(0, nucleus.total);
  for (let i = 0; i < nucleus.ids.length - 1; i++) {
    remaining -= nucleus.weights[i];
    if (remaining < 0) return nucleus.ids[i];
  }
  return nucleus.ids[nucleus.ids.length - 1];
}

function argmax(scores: Float32Array): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id] > scores[best]) best = id;
  return best;
}

/** The fewest tokens, most probable first, whose probabilities sum to topP or more; at least one. */
function nucleusOf(
  scores: Float32Array,
  temperature: number,
  topP: number,
): { ids: number[]; weights: number[]; total: number } {
  const highest = scores[argmax(scores)];
  const weights = Float64Array.from(scores, (score) => Math.exp((score - highest) / temperature));
  const enough = topP * weights.reduce((a, b) => a + b, 0);
  const order = Array.from(scores.keys()).sort((a, b) => weights[b] - weights[a] || a - b);
  let count = 0;
  let total = 0;
  while (count === 0 || (count < order.length && total < enough)) total += weights[order[count++]];
  const ids = order.slice(0, count);
  return { ids, weights: ids.map((id) => weights[id]), total };
}
