import { readEgoPlan } from '@egolab/ego-data';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Score } from './registry.ts';

/** EgoPlan-Val: options are choice_a to choice_d. */
export const score: Score = ({ predictions, annotations }) => {
  const items = readEgoPlan(annotations).map(({ id, options, answer }) => ({
    id,
    group: 'accuracy',
    numOptions: options.length,
    answer,
  }));
  return { ...choiceAccuracy(items, predictions), n: items.length };
};
