import type { Random } from '@egolab/foundation';
import type { PlannedTake } from '../recording/plan.ts';
import type { Verb } from '../take/action.ts';
import type { Category } from '../world/objects.ts';
import { tellActions, type ToldAction } from './told.ts';

const WHERE = 'Where did I put';
/** No object is the answer to more than this part of the questions for objects, if there are enough objects. */
const MOST_OF_AN_ANSWER = 1 / 6;

/**
 * Questions whose answers' texts tell a guesser little: as many with each place as the answer (surfaces are it much more often than the
 * box and the plate), no object the answer too often, and each object as a wrong answer about three times as often as it is the right one.
 */
export function balanceAnswers<T extends Answered>(asked: readonly T[], random: Random): T[] {
  const [where, what] = [asked.filter(isWhere), asked.filter((one) => !isWhere(one))];
  const perPlace = Math.min(...places.map((place) => where.filter(({ answer }) => answer === place).length));
  const chosen = new Set([
    ...sameAnswers(where).flatMap((same) => random.shuffle(same).slice(0, Math.max(1, perPlace))),
    ...sameAnswers(what).flatMap((same) => random.shuffle(same).slice(0, mostOfObjects(what))),
  ]);
  const kept = asked.filter((one) => chosen.has(one));
  const wrong = wrongObjects(kept.filter((one) => !isWhere(one)), random); // prettier-ignore
  return kept.map((one) => ({ ...one, wrong: wrong.get(one) ?? one.wrong.slice(0, NUM_WRONG) }));
}

type Answered = Pick<MemoryQuestion, 'question' | 'answer' | 'wrong'>;
const isWhere = ({ question }: Answered) => question.startsWith(WHERE);

function sameAnswers<T extends Answered>(asked: readonly T[]): T[][] {
  const answers = [...new Set(asked.map(({ answer }) => answer))];
  return answers.map((answer) => asked.filter((one) => one.answer === answer));
}

/** The most questions that an answer may have, so that none has more than its part of all that are then left. */
function mostOfObjects(what: readonly Answered[]): number {
  const counts = sameAnswers(what).map(({ length }) => length);
  const left = (most: number) => counts.reduce((sum, count) => sum + Math.min(count, most), 0);
  const part = Math.max(MOST_OF_AN_ANSWER, 1 / counts.length);
  let most = Math.max(1, ...counts);
  while (most > 1 && most > part * left(most)) most--;
  return most;
}

/** For each question those of its possible wrong answers that have been shown too seldom for how often they are right. */
function wrongObjects<T extends Answered>(asked: readonly T[], random: Random): Map<T, readonly string[]> {
  const owed = new Map<string, number>();
  const count = (option: string) => owed.get(option) ?? 0;
  for (const { answer } of asked) owed.set(answer, count(answer) + NUM_WRONG);
  const options = random.shuffle(asked).map((one): [T, readonly string[]] => {
    const shown = [...one.wrong].sort((a, b) => count(b) - count(a)).slice(0, NUM_WRONG);
    for (const option of shown) owed.set(option, count(option) - 1);
    return [one, shown];
  });
  return new Map(options);
}

/** A question about a take whose answer can be seen at one moment. */
export interface MemoryQuestion {
  readonly question: string;
  readonly answer: string;
  /** every wrong answer of the same kind, three or more; {@link balanceAnswers} leaves three */
  readonly wrong: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** What is never picked up, and all that is ever turned: no wrong answer may be one that can't be right. */
const neverPickedUp: readonly Category[] = ['box', 'jar', 'bowl', 'pan'];
const turned: readonly Category[] = ['mug', 'pan', 'kettle', 'box', 'plate', 'jar'];

function possible(verb: Verb, category: Category): boolean {
  if (verb === 'pick up') return !neverPickedUp.includes(category);
  return verb !== 'turn' || turned.includes(category);
}

const places = ['on the table', 'on the counter', 'in the box', 'on the plate'] as const;
const NUM_WRONG = 3;

/**
 * Questions of episodic memory, in the first person. They ask for places and for objects that any of the take's objects could be, so
 * that an answer's text says nothing about its being right; what happens more than once is asked for by its first and last time.
 */
export function askMemory(planned: PlannedTake, random: Random): MemoryQuestion[] {
  return memoryQuestions(
    tellActions(planned),
    planned.take.plan.placements.map(({ category }) => category),
    random,
  );
}

/** The same about some actions, which others may surround. */
export function memoryQuestions(
  told: readonly ToldAction[],
  present: readonly Category[],
  random: Random,
): MemoryQuestion[] {
  const objectQuestion = (question: string, { action, fact }: ToldAction): MemoryQuestion => {
    const plausible = present.filter((category) => category !== fact.object && possible(fact.verb, category));
    return {
      question,
      answer: the(fact.object as Category),
      wrong: random.shuffle(plausible).map(the),
      ...span(action),
    };
  };
  return [
    ...ends(told.filter(({ fact }) => fact.verb === 'pick up')).map(([when, one]) =>
      objectQuestion(`What did I pick up ${when}?`, one),
    ),
    ...(['left', 'right'] as const).flatMap((hand) =>
      ends(told.filter(({ fact }) => fact.verb === 'pick up' && fact.hand === hand)).map(([when, one]) =>
        objectQuestion(`What did I pick up with my ${hand} hand ${when}?`, one),
      ),
    ),
    ...(['push', 'turn', 'look at'] as const).flatMap((verb) =>
      ends(told.filter(({ fact }) => fact.verb === verb)).map(([when, one]) =>
        objectQuestion(`What did I ${verb} ${when}?`, one),
      ),
    ),
    ...wherePut(told, present),
  ].filter(({ wrong }) => wrong.length >= NUM_WRONG);
}

const the = (category: Category): string => `the ${category}`;
const span = ({ start, end }: { start: number; end: number }) => ({ start, end });

/** The first and the last of some actions; none of both when they are about the same thing. */
function ends(actions: readonly ToldAction[]): [string, ToldAction][] {
  if (actions.length < 2) return [];
  return [
    ['first', actions[0]],
    ['last', actions[actions.length - 1]],
  ];
}

function wherePut(told: readonly ToldAction[], present: readonly Category[]): MemoryQuestion[] {
  return present.flatMap((category) => {
    const puts = told.filter(({ fact }) => fact.verb === 'put down' && fact.object === category);
    const asked: [string, ToldAction][] =
      puts.length === 1
        ? [['', puts[0]]]
        : ends(puts).map(([when, one]): [string, ToldAction] => [` the ${when} time`, one]);
    return asked.map(([when, { action, fact }]) => {
      const answer = fact.target ? `${fact.target === 'box' ? 'in' : 'on'} the ${fact.target}` : `on the ${fact.place}`;
      const wrong = places.filter(
        (place) => place !== answer && place !== `on the ${category}` && place !== `in the ${category}`,
      );
      return { question: `${WHERE} the ${category}${when}?`, answer, wrong, ...span(action) };
    });
  });
}
