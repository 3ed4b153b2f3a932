import { meanEstimate, openScores, type JudgedAnswer, type Mark } from '@egolab/benchmarks';
import { exactMatch, rougeL } from '@egolab/metrics';
import type { Metrics } from '../../stage.ts';
import type { Outcomes } from './run.ts';

/**
 * Values of open answers with their intervals: accuracy by the judge's marks, or without a judge (`judged` 0) by exact match; the
 * judge's mean score; exact match and ROUGE-L.
 */
export function scoreOpen(
  name: string,
  items: readonly JudgedAnswer[],
  marks: readonly Mark[] | undefined,
): { metrics: Metrics; outcomes: Outcomes } {
  const perQuestion = (value: (item: JudgedAnswer) => number) =>
    Object.fromEntries(items.map((item) => [item.id, value(item)]));
  const exact = perQuestion(({ prediction, references }) => (exactMatch(prediction, references) ? 1 : 0));
  const rouge = perQuestion(({ prediction, references }) => rougeL(prediction, references));
  const values = {
    exact_match: meanEstimate(Object.values(exact)),
    rouge_l: meanEstimate(Object.values(rouge)),
  };
  const marked = new Map(marks?.map(({ id, correct }) => [id, correct ? 1 : 0]));
  const right = marks ? perQuestion(({ id }) => marked.get(id) ?? 0) : exact;
  const { value: accuracy, low, high, n } = meanEstimate(Object.values(right));
  const judged = marks ? openScores(items, marks) : undefined;
  return {
    metrics: {
      accuracy,
      low,
      high,
      n,
      judged: marks ? 1 : 0,
      score: judged?.score,
      unmarked: judged?.unmarked,
      ...values,
    },
    outcomes: {
      [`${name}.accuracy`]: right,
      [`${name}.exact_match.value`]: exact,
      [`${name}.rouge_l.value`]: rouge,
    },
  };
}
