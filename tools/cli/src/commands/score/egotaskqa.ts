import { readEgoTaskQa } from '@egolab/ego-data';
import { fiveWayAccuracy } from './five-way.ts';
import type { Score } from './registry.ts';

/** EgoTaskQA as five-way choice (Exo2Ego supplement C.1.3): the answer, and the four most similar of all answers. */
export const score: Score = ({ predictions, annotations }, { candidates }) =>
  fiveWayAccuracy(
    readEgoTaskQa(annotations).map(({ id }) => id),
    predictions,
    annotations,
    candidates,
  );
