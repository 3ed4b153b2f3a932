import { scoreEgoNlq } from '@egolab/benchmarks';
import { readEgoNlq, readNlqPredictions } from '@egolab/ego-data';
import type { Score } from './registry.ts';

/** Ego4D natural language queries: recall of one and five windows at two overlaps. */
export const score: Score = ({ predictions, annotations }) =>
  scoreEgoNlq(readNlqPredictions(predictions), readEgoNlq(annotations), predictions);
