import { readCandidateFile } from '@egolab/benchmarks';
import { UserError } from '@egolab/foundation';
import { choiceAccuracy } from './choice-accuracy.ts';
import type { Scores } from './registry.ts';

/**
 * Accuracy where the data set has no options of its own: those of a stored file of candidates, in its order; without one, five, the
 * right answer first.
 */
export function fiveWayAccuracy(
  ids: readonly string[],
  predictions: string,
  annotations: string,
  candidates: string | undefined,
): Scores {
  if (ids.length === 0) throw new UserError({ what: 'no questions', where: annotations, mend: 'the file may be cut' });
  const stored = candidates === undefined ? undefined : readCandidateFile(candidates);
  const items = ids.map((id) => {
    if (!stored) return { id, group: 'accuracy', numOptions: 5, answer: 0 };
    if (!Object.hasOwn(stored.questions, id))
      throw new UserError({
        what: `no candidates for question "${id}"`,
        where: candidates,
        mend: `check that it belongs to ${annotations}`,
      });
    const { options, answer } = stored.questions[id];
    return { id, group: 'accuracy', numOptions: options.length, answer };
  });
  return { ...choiceAccuracy(items, predictions), n: items.length };
}
