import { accuracy } from '@egolab/metrics';
import type { ChoiceScore } from '../multiple-choice.ts';
import type { ChoiceQuestion } from './question.ts';
import type { QuestionResult } from './results.ts';

/** Accuracy of a group, and how many of its answers named no option (they count as wrong). */
export interface GroupScore extends ChoiceScore {
  readonly unparsed: number;
  /** mean reciprocal rank of the right option in percent, where options have scores: the five-way "mAP" has no other reading */
  readonly reciprocalRank: number | undefined;
}

/** Accuracy with Wilson's interval per group. */
export function scoreResults(
  questions: readonly ChoiceQuestion[],
  results: readonly QuestionResult[],
): Record<string, GroupScore> {
  const byId = new Map(results.map((result) => [result.id, result]));
  const groups = new Map<string, ChoiceQuestion[]>();
  for (const question of questions) {
    if (!byId.has(question.id)) throw new Error(`question ${question.id} has no result`);
    groups.set(question.group, [...(groups.get(question.group) ?? []), question]);
  }
  return Object.fromEntries([...groups].map(([group, members]) => [group, groupScore(members, byId)]));
}

function groupScore(questions: readonly ChoiceQuestion[], byId: ReadonlyMap<string, QuestionResult>): GroupScore {
  const results = questions.map(({ id }) => byId.get(id)!);
  const {
    accuracy: percent,
    interval,
    n,
  } = accuracy(
    results.map(({ predicted }) => predicted ?? -1),
    questions.map(({ answer }) => answer),
  );
  const ranks = questions.flatMap(({ answer, id }) => {
    const { scores } = byId.get(id)!;
    return scores ? [1 / rankOf(scores, answer)] : [];
  });
  return {
    accuracy: percent,
    low: interval[0],
    high: interval[1],
    chance: (100 * questions.reduce((sum, { options }) => sum + 1 / options.length, 0)) / n,
    n,
    unparsed: results.filter(({ predicted }) => predicted === null).length,
    reciprocalRank: ranks.length === n ? (100 * ranks.reduce((sum, rank) => sum + rank, 0)) / n : undefined,
  };
}

/** Rank of one option, from 1; of equal scores the lower index comes first. */
function rankOf(scores: readonly number[], index: number): number {
  return 1 + scores.filter((score, i) => score > scores[index] || (score === scores[index] && i < index)).length;
}
