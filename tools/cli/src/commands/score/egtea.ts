import { scoreEgtea } from '@egolab/benchmarks';
import { type EgteaSplit, readEgteaActions, readEgteaSplit } from '@egolab/ego-data';
import type { Score } from './registry.ts';
import { readScoreMatrix } from './score-matrix.ts';

/** EGTEA Gaze+ action classification; for all splits, their test clips one after another and the mean of their values. */
export const score: Score = ({ predictions, annotations }, { split }) => {
  const classes = readEgteaActions(annotations).length;
  const chosen: EgteaSplit[] = split === 'all' ? [1, 2, 3] : [Number(split) as EgteaSplit];
  const splits = chosen.map((number) => readEgteaSplit(annotations, number, classes));
  const scores = readScoreMatrix(predictions, {
    rows: 'clips',
    columns: 'classes',
    rowIds: splits.flat().map(({ id }) => id),
    columnCount: classes,
  });
  return scoreEgtea(scores, splits, classes);
};
