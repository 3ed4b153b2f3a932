import type { NlqPrediction, NlqQuery } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { recallAtIou } from '@egolab/metrics';

/** Percent. */
export interface NlqScores extends Record<string, number> {
  readonly 'R1@0.3': number;
  readonly 'R1@0.5': number;
  readonly 'R5@0.3': number;
  readonly 'R5@0.5': number;
}

/**
 * Natural language queries of Ego4D: recall of the first one and first five windows.
 *
 * Every query that has a text must be predicted; the public script only prints how many are missing and takes the mean
 * of the others. One without a text may be, and then counts, as there.
 *
 * @param where the file of the predictions, for messages
 * @throws UserError for a query that is unknown, there twice or missing
 */
export function scoreEgoNlq(
  predictions: readonly NlqPrediction[],
  queries: readonly NlqQuery[],
  where = 'predictions',
): NlqScores {
  const truth = new Map(queries.map((query) => [keyOf(query), query]));
  const predicted = new Map<string, NlqPrediction>();
  predictions.forEach((prediction, index) => {
    const key = keyOf(prediction);
    const fail = (what: string, mend: string) => new UserError({ what, where: `${where}, results.${index}`, mend });
    if (!truth.has(key)) throw fail(`there is no ${key}`, 'check that it is the split of the annotations');
    if (predicted.has(key)) throw fail(`${key} is there twice`, 'predict each query once, with up to five windows');
    predicted.set(key, prediction);
  });
  const missing = queries.filter((query) => query.text !== '' && !predicted.has(keyOf(query)));
  if (missing.length > 0)
    throw new UserError({
      what: `${missing.length} of ${queries.length} queries have no prediction, first ${keyOf(missing[0])}`,
      where,
      mend: 'predict every query that has a text',
    });
  const grounded = [...predicted].map(([key, { windows }]) => {
    const { start, end } = truth.get(key)!;
    return { predicted: windows, truth: [start, end] as const };
  });
  return {
    'R1@0.3': recallAtIou(grounded, 1, 0.3),
    'R1@0.5': recallAtIou(grounded, 1, 0.5),
    'R5@0.3': recallAtIou(grounded, 5, 0.3),
    'R5@0.5': recallAtIou(grounded, 5, 0.5),
  };
}

const keyOf = ({ clipUid, annotationUid, queryIndex }: NlqPrediction | NlqQuery): string =>
  `query ${queryIndex} of annotation ${annotationUid} in clip ${clipUid}`;
