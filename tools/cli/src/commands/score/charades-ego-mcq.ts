import { readCharadesEgo } from '@egolab/ego-data';
import { fiveWayAccuracy } from './five-way.ts';
import type { Score } from './registry.ts';

/** Charades-Ego as five-way choice (Exo2Ego supplement C.1.4): a video's first action, and the four most similar others. */
export const score: Score = ({ predictions, annotations }, { candidates }) =>
  fiveWayAccuracy(
    readCharadesEgo(annotations).flatMap(({ id, actions }) => (actions.length > 0 ? [id] : [])),
    predictions,
    annotations,
    candidates,
  );
