import { z } from 'zod';
import { readJsonFile, UserError } from '@egolab/foundation';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Score } from './registry.ts';

/** EgoSchema's 500 public answers, `{question id: index of the right option}`. */
export const score: Score = ({ predictions, annotations }) => {
  const answers = z.record(z.string(), z.number().int().min(0).max(4)).safeParse(readJsonFile(annotations));
  if (!answers.success || Object.keys(answers.data).length === 0)
    throw new UserError({
      what: 'expected {question id: 0 to 4}',
      where: annotations,
      mend: 'name subset_answers.json of EgoSchema',
    });
  const items = Object.entries(answers.data).map(([id, answer]) => ({ id, group: 'accuracy', numOptions: 5, answer }));
  return { ...choiceAccuracy(items, predictions), n: items.length };
};
