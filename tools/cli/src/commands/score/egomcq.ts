import { readEgoMcq } from '@egolab/ego-data';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Score } from './registry.ts';

/** EgoMCQ: accuracy of the questions whose choices are from different videos (inter) and from one (intra). */
export const score: Score = ({ predictions, annotations }) => {
  const items = readEgoMcq(annotations).map(({ id, type, choices, answer }) => ({
    id,
    group: type,
    numOptions: choices.length,
    answer,
  }));
  return choiceAccuracy(items, predictions);
};
