import type { Random } from '@egolab/foundation';
import type { PlannedTake } from '../recording/plan.ts';
import type { Verb } from '../take/action.ts';
import type { Category } from '../world/objects.ts';
import { tellActions, type ToldAction } from './told.ts';

const WHERE = 'Where did I put';

/**
 * Of the questions for places, as many with each place as the answer: surfaces are the answer much more often than the box and the
 * plate, which would tell a guesser what to say.
 */
export function balancePlaces<T extends { readonly question: string; readonly answer: string }>(
  asked: readonly T[],
  random: Random,
): T[] {
  const where = ({ question }: T) => question.startsWith(WHERE);
  const byPlace = places.map((place) => asked.filter((one) => where(one) && one.answer === place));
  const kept = Math.max(1, Math.min(...byPlace.map(({ length }) => length)));
  const chosen = new Set(byPlace.flatMap((group) => random.shuffle(group).slice(0, kept)));
  return asked.filter((one) => !where(one) || chosen.has(one));
}

/** A question about a take whose answer can be seen at one moment. */
export interface MemoryQuestion {
  readonly question: string;
  readonly answer: string;
  /** wrong, and of the same kind as the answer */
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
    const others = random.shuffle(plausible).slice(0, NUM_WRONG);
    return { question, answer: the(fact.object as Category), wrong: others.map(the), ...span(action) };
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
  ].filter(({ wrong }) => wrong.length === NUM_WRONG);
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
      const others = wrong.length > NUM_WRONG ? wrong.slice(0, NUM_WRONG) : wrong;
      return { question: `${WHERE} the ${category}${when}?`, answer, wrong: others, ...span(action) };
    });
  });
}
