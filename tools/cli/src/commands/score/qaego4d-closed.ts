import { readQaEgo4dClosed } from '@egolab/ego-data';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Score } from './registry.ts';

/** QAEgo4D, closed: options are `[answer, ...wrong_answers]` in the order of the file, so that 0 is right. */
export const score: Score = ({ predictions, annotations }) => {
  const items = readQaEgo4dClosed(annotations).map(({ id, wrongAnswers }) => ({
    id,
    group: 'accuracy',
    numOptions: 1 + wrongAnswers.length,
    answer: 0,
  }));
  return { ...choiceAccuracy(items, predictions), n: items.length };
};
