import { Ranker } from './ranking.ts';

export interface RetrievalTask {
  /** [videos, texts] row-major; no NaN */
  readonly similarities: Float32Array;
  readonly videos: number;
  readonly texts: number;
  /** graded relevancy in [0, 1]; exactly 1 where the two say the same */
  readonly relevancy: (video: number, text: number) => number;
}

/** Means over the queries, as fractions; NaN where no query has anything relevant. */
export interface DirectionScores {
  readonly mAP: number;
  readonly nDCG: number;
}

export interface RetrievalScores {
  readonly videoToText: DirectionScores;
  readonly textToVideo: DirectionScores;
}

/**
 * Multi-instance retrieval as EPIC-KITCHENS-100 measures it (Damen et al. 2022, section 4.6; code by Wray et al. 2019),
 * in both directions. Of equal similarities the lower index ranks first.
 *
 * - **mAP** is the authors' graded one: at each rank whose relevancy is exactly 1, the *graded* relevancies so far over
 *   the rank; their sum over the number of such ranks. (The textbook's binary numerator gives far lower values.)
 * - **nDCG**: relevancies over log2(rank + 1) of the first k ranks, k the number of items with relevancy above 0, over
 *   the same of the best order.
 *
 * A query without any item of relevancy 1 (above 0) is left out of the mean of mAP (nDCG), where the authors' code
 * divides by zero; the published test set has none.
 */
export function multiInstanceRetrieval({ similarities, videos, texts, relevancy }: RetrievalTask): RetrievalScores {
  if (similarities.length !== videos * texts)
    throw new RangeError(`expected ${videos} x ${texts} similarities, got ${similarities.length}`);
  return {
    videoToText: direction(videos, texts, (ranker, video) => ranker.rank(similarities, video * texts), relevancy),
    textToVideo: direction(
      texts,
      videos,
      (ranker, text) => ranker.rank(similarities, text, texts),
      (text, video) => relevancy(video, text),
    ),
  };
}

function direction(
  queries: number,
  items: number,
  rank: (ranker: Ranker, query: number) => Int32Array,
  relevancy: (query: number, item: number) => number,
): DirectionScores {
  const ranker = new Ranker(items);
  const relevancies = new Float64Array(items);
  const ranked = new Float64Array(items);
  const discounts = Float64Array.from({ length: items }, (_, rank) => 1 / Math.log2(rank + 2));
  const precision = new Mean();
  const gain = new Mean();
  for (let query = 0; query < queries; query++) {
    const order = rank(ranker, query);
    for (let item = 0; item < items; item++) relevancies[item] = relevancy(query, item);
    for (let position = 0; position < items; position++) ranked[position] = relevancies[order[position]];
    precision.add(gradedAveragePrecision(ranked));
    gain.add(normalisedGain(ranked, discounts));
  }
  return { mAP: precision.value(), nDCG: gain.value() };
}

/**
 * Graded average precision of one query.
 *
 * @param ranked relevancies in ranked order
 * @returns NaN when none is exactly 1
 */
export function gradedAveragePrecision(ranked: ArrayLike<number>): number {
  let cumulative = 0;
  let sum = 0;
  let count = 0;
  for (let position = 0; position < ranked.length; position++) {
    cumulative += ranked[position];
    if (ranked[position] !== 1) continue;
    sum += cumulative / (position + 1);
    count++;
  }
  return sum / count;
}

/**
 * Normalised discounted cumulative gain of one query, to the depth of its positive items.
 *
 * @param ranked relevancies in ranked order
 * @param discounts 1 / log2(rank + 1), rank from 1
 * @returns NaN when none is above 0
 */
function normalisedGain(ranked: Float64Array, discounts: Float64Array): number {
  const ideal = ranked.filter((value) => value > 0).sort(); // ascending
  const depth = ideal.length;
  let gain = 0;
  let best = 0;
  for (let position = 0; position < depth; position++) {
    gain += ranked[position] * discounts[position];
    best += ideal[depth - 1 - position] * discounts[position];
  }
  return gain / best;
}

/** Mean of the values that are numbers. */
class Mean {
  private sum = 0;
  private count = 0;

  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.sum += value;
    this.count++;
  }

  value(): number {
    return this.sum / this.count;
  }
}
