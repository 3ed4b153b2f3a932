import { readVlnQa } from '@egolab/ego-data';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Score } from './registry.ts';

/** VLN-QA: options are the record's candidates; a question's id is its place in the list, from 0. */
export const score: Score = ({ predictions, annotations }) => {
  const items = readVlnQa(annotations).map(({ id, options, answer }) => ({
    id,
    group: 'accuracy',
    numOptions: options.length,
    answer,
  }));
  return { ...choiceAccuracy(items, predictions), n: items.length };
};
