import { readEgoSchemaAnswers } from '@egolab/ego-data';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Score } from './registry.ts';

/** EgoSchema's 500 public answers, `{question id: index of the right option}`. */
export const score: Score = ({ predictions, annotations }) => {
  const items = Object.entries(readEgoSchemaAnswers(annotations)).map(([id, answer]) => ({
    id,
    group: 'accuracy',
    numOptions: 5,
    answer,
  }));
  return { ...choiceAccuracy(items, predictions), n: items.length };
};
