import { readChoicePredictions, scoreChoices, type ChoiceItem } from '@egolab/benchmarks';

/** Accuracy in percent of each group of questions that occurs. */
export function choiceAccuracy(items: readonly ChoiceItem[], predictions: string): Record<string, number> {
  const scores = scoreChoices(items, readChoicePredictions(predictions), predictions);
  return Object.fromEntries(Object.entries(scores).map(([group, { accuracy }]) => [group, accuracy]));
}
