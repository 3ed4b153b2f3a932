import { candidates } from '../candidates/candidate-file.ts';
import { hardestNegatives, type Unanswered } from '../candidates/hardest-negatives.ts';
import type { ChoiceQuestion, ClipReference } from './question.ts';
import type { TaskContext } from './task.ts';

interface Item extends Unanswered {
  readonly group: string;
  readonly question: string;
  readonly clip: ClipReference;
}

/** Questions with their stored candidates, which are made where they aren't there yet. */
export function withCandidates(
  name: string,
  items: readonly Item[],
  pool: readonly string[],
  numOptions: number,
  { sentenceEncoder, candidates: folder }: TaskContext,
): ChoiceQuestion[] {
  const source = {
    items: items.map(({ id, answer, given }) => [id, answer, given]),
    pool: [...new Set(pool)].sort(),
    numOptions,
  };
  const stored = { folder, benchmark: name, encoder: sentenceEncoder.name, source };
  const options = candidates(stored, () => {
    const encoder = sentenceEncoder.load();
    try {
      return hardestNegatives(items, pool, encoder, { numOptions, seed: name });
    } finally {
      encoder.dispose();
    }
  });
  return items.map(({ id, group, question, clip }) => ({ id, group, question, clip, ...options[id] }));
}
