import { scoreCharadesEgo } from '@egolab/benchmarks';
import { charadesClasses, readCharadesEgo } from '@egolab/ego-data';
import type { Score } from './registry.ts';
import { readScoreMatrix } from './score-matrix.ts';

/** Charades-Ego: mean average precision over 157 actions. */
export const score: Score = ({ predictions, annotations }) => {
  const videos = readCharadesEgo(annotations);
  const scores = readScoreMatrix(predictions, {
    rows: 'videos',
    columns: 'classes',
    rowIds: videos.map(({ id }) => id),
    columnCount: charadesClasses,
  });
  return scoreCharadesEgo(scores, videos);
};
