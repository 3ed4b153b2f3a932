import { scoreEk100Retrieval } from '@egolab/benchmarks';
import { readEk100Retrieval } from '@egolab/ego-data';
import type { Score } from './registry.ts';
import { readScoreMatrix } from './score-matrix.ts';

/** EPIC-KITCHENS-100 multi-instance retrieval. */
export const score: Score = ({ predictions, annotations }) => {
  const dataset = readEk100Retrieval(annotations);
  const similarities = readScoreMatrix(predictions, {
    rows: 'videos',
    columns: 'texts',
    rowIds: dataset.clips.map(({ narrationId }) => narrationId),
    columnCount: dataset.captions.length,
  });
  return scoreEk100Retrieval(similarities, dataset);
};
