import { Ranker } from './ranking.ts';

/**
 * Graded relevancy in [0, 1] by what items say: exactly 1 for two that say the same. Far fewer things are said than there
 * are pairs of items.
 */
export interface Relevancy {
  /** class of each video and each text */
  readonly videos: Int32Array;
  readonly texts: Int32Array;
  /** [classes, classes], symmetric */
  readonly table: Float64Array;
  readonly classes: number;
}

/** Means over the queries, as fractions; NaN where no query has anything relevant. */
export interface DirectionScores {
  readonly mAP: number;
  readonly nDCG: number;
}

/** Of each query, as fractions; NaN for one without anything relevant, which the means leave out. */
export interface QueryScores {
  readonly AP: Float64Array;
  readonly nDCG: Float64Array;
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
export function multiInstanceRetrieval(similarities: Float32Array, relevancy: Relevancy): RetrievalScores {
  const { videoToText, textToVideo } = retrievalPerQuery(similarities, relevancy);
  const means = ({ AP, nDCG }: QueryScores) => ({ mAP: meanOfNumbers(AP), nDCG: meanOfNumbers(nDCG) });
  return { videoToText: means(videoToText), textToVideo: means(textToVideo) };
}

/** The values whose means {@link multiInstanceRetrieval} gives. */
export function retrievalPerQuery(
  similarities: Float32Array,
  relevancy: Relevancy,
): { videoToText: QueryScores; textToVideo: QueryScores } {
  const [videos, texts] = [relevancy.videos.length, relevancy.texts.length];
  if (similarities.length !== videos * texts)
    throw new RangeError(`expected ${videos} x ${texts} similarities, got ${similarities.length}`);
  return {
    videoToText: direction(relevancy.videos, relevancy.texts, relevancy, (ranker, video) =>
      ranker.rank(similarities, video * texts),
    ),
    textToVideo: direction(relevancy.texts, relevancy.videos, relevancy, (ranker, text) =>
      ranker.rank(similarities, text, texts),
    ),
  };
}

function direction(
  queries: Int32Array,
  items: Int32Array,
  { table, classes }: Relevancy,
  rank: (ranker: Ranker, query: number) => Int32Array,
): QueryScores {
  const ranker = new Ranker(items.length);
  const ranked = new Float64Array(items.length);
  const discounts = Float64Array.from({ length: items.length }, (_, position) => 1 / Math.log2(position + 2));
  const perQuery = { AP: new Float64Array(queries.length), nDCG: new Float64Array(queries.length) };
  for (let query = 0; query < queries.length; query++) {
    const order = rank(ranker, query);
    const row = queries[query] * classes;
    for (let position = 0; position < order.length; position++) ranked[position] = table[row + items[order[position]]];
    perQuery.AP[query] = gradedAveragePrecision(ranked);
    perQuery.nDCG[query] = normalisedGain(ranked, discounts);
  }
  return perQuery;
}

/**
 * Graded average precision of one query.
 *
 * @param ranked relevancies in ranked order
 * @returns NaN when none is exactly 1
 */
export function gradedAveragePrecision(ranked: Float64Array): number {
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
  const positive = new Float64Array(ranked.length);
  let depth = 0;
  for (let position = 0; position < ranked.length; position++)
    if (ranked[position] > 0) positive[depth++] = ranked[position];
  const ideal = positive.subarray(0, depth).sort(); // ascending
  let gain = 0;
  let best = 0;
  for (let position = 0; position < depth; position++) {
    gain += ranked[position] * discounts[position];
    best += ideal[depth - 1 - position] * discounts[position];
  }
  return gain / best;
}

/** Mean of the values that are numbers. */
function meanOfNumbers(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
