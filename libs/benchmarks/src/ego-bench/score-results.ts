import { Random } from '@egolab/foundation';
import { accuracy, multiInstanceRetrieval } from '@egolab/metrics';
import type { ChoiceScore } from '../multiple-choice.ts';
import { meanEstimate, type Estimate } from './estimate.ts';
import type { ChoiceQuestion, ClipQuestion } from './question.ts';
import type { QuestionResult } from './results.ts';

/** Accuracy of a group, and how many of its answers named no option (they count as wrong). */
export interface GroupScore extends ChoiceScore {
  readonly unparsed: number;
  /**
   * Mean reciprocal rank of the right option in percent, where options have scores: the average precision of a question with one right
   * option, and so the only reading of a five-way "mAP" that we know.
   */
  readonly reciprocalRank?: RankEstimate;
  /** graded average precision and discounted gain over the options, in percent, where a benchmark grades them */
  readonly mAP?: RankEstimate;
  readonly nDCG?: RankEstimate;
}

/** A value of a ranking, and what an order at random would have. */
export interface RankEstimate extends Estimate {
  readonly chance: number;
}

/** A group's score, and per value its questions' own, whose mean times 100 is the value. */
export interface GroupResult {
  readonly score: GroupScore;
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A question with one right option, whatever the options are. */
type Scorable = Pick<ChoiceQuestion, 'id' | 'group' | 'answer' | 'relevancy'> & { readonly numOptions: number };

/** Accuracy with Wilson's interval per group. */
export function scoreResults(
  questions: readonly (ChoiceQuestion | ClipQuestion)[],
  results: readonly QuestionResult[],
): Record<string, GroupResult> {
  const byId = new Map(results.map((result) => [result.id, result]));
  const groups = new Map<string, Scorable[]>();
  for (const question of questions) {
    if (!byId.has(question.id)) throw new Error(`question ${question.id} has no result`);
    const numOptions = 'options' in question ? question.options.length : question.clips.length;
    const members = groups.get(question.group) ?? [];
    members.push({ ...question, numOptions });
    groups.set(question.group, members);
  }
  return Object.fromEntries([...groups].map(([group, members]) => [group, groupResult(members, byId)]));
}

function groupResult(questions: readonly Scorable[], byId: ReadonlyMap<string, QuestionResult>): GroupResult {
  const results = questions.map(({ id }) => byId.get(id)!);
  const {
    accuracy: percent,
    interval,
    n,
  } = accuracy(
    results.map(({ predicted }) => predicted ?? -1),
    questions.map(({ answer }) => answer),
  );
  const perQuestion = (value: (question: Scorable, result: QuestionResult) => number) =>
    Object.fromEntries(questions.map((question, i) => [question.id, value(question, results[i])]));
  const ranked = results.every(({ scores }) => scores !== undefined);
  const graded = ranked && questions.every(({ relevancy }) => relevancy !== undefined);
  const ranks = Object.fromEntries(
    Object.entries(RANKED)
      .filter(([name]) => (name === 'reciprocalRank' ? ranked : graded))
      .map(([name, value]) => [name, { own: perQuestion((question, { scores }) => value(question, scores!)), value }]),
  );
  const random = new Random('chance');
  const chance = (value: RankValue) =>
    meanEstimate(
      questions.flatMap((question) =>
        Array.from({ length: ORDERS }, () =>
          value(question, random.shuffle(Array.from({ length: question.numOptions }, (_, i) => i))),
        ),
      ),
    ).value;
  return {
    score: {
      accuracy: percent,
      low: interval[0],
      high: interval[1],
      chance: (100 * questions.reduce((sum, { numOptions }) => sum + 1 / numOptions, 0)) / n,
      n,
      unparsed: results.filter(({ predicted }) => predicted === null).length,
      ...Object.fromEntries(
        Object.entries(ranks).map(([name, { own, value }]) => [
          name,
          { ...meanEstimate(Object.values(own)), chance: chance(value) },
        ]),
      ),
    },
    outcomes: {
      accuracy: perQuestion(({ answer }, { predicted }) => (predicted === answer ? 1 : 0)),
      ...Object.fromEntries(Object.entries(ranks).map(([name, { own }]) => [name, own])),
    },
  };
}

/** Orders at random of each question's options, from which the value of guessing is estimated. */
const ORDERS = 20;

type RankValue = (question: Scorable, scores: readonly number[]) => number;
const RANKED: Readonly<Record<'reciprocalRank' | 'mAP' | 'nDCG', RankValue>> = {
  reciprocalRank: ({ answer }, scores) => 1 / rankOf(scores, answer),
  mAP: ({ relevancy }, scores) => retrieved(scores, relevancy!).mAP,
  nDCG: ({ relevancy }, scores) => retrieved(scores, relevancy!).nDCG,
};

/** Rank of one option, from 1; of equal scores the lower index comes first. */
function rankOf(scores: readonly number[], index: number): number {
  return 1 + scores.filter((score, i) => score > scores[index] || (score === scores[index] && i < index)).length;
}

/** The published retrieval metrics (Damen et al. 2022) of one clip over its options. */
function retrieved(scores: readonly number[], relevancy: readonly number[]): { mAP: number; nDCG: number } {
  const options = relevancy.length;
  // the clip is class 0, every option a class of its own
  const table = new Float64Array((options + 1) ** 2);
  relevancy.forEach((value, i) => (table[i + 1] = value));
  return multiInstanceRetrieval(Float32Array.from(scores), {
    videos: Int32Array.of(0),
    texts: Int32Array.from({ length: options }, (_, i) => i + 1),
    table,
    classes: options + 1,
  }).videoToText;
}
