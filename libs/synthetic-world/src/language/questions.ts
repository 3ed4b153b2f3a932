import type { Random } from '@egolab/foundation';
import { goals, type Verb } from '../take/action.ts';
import { categories } from '../world/objects.ts';
import type { Fact } from './fact.ts';
import { narration } from './sentence.ts';

/** A stretch of a take that can be asked about: the goal that is pursued and what is done, in order. */
export interface Episode {
  readonly goal: string;
  readonly facts: readonly Fact[];
}

/** A question whose answer follows from an episode. */
export interface OpenQuestion {
  readonly kind:
    'goal' | 'first-action' | 'last-action' | 'after' | 'first-object' | 'last-object' | 'action' | 'object';
  readonly question: string;
  readonly answer: string;
  /** answers that would be right too, or that occur in the episode as answers to a neighbouring question */
  readonly excluded: readonly string[];
  /** wrong answers that the episode itself suggests: tried first */
  readonly tempting: readonly string[];
}

export interface ChoiceQuestion {
  readonly kind: OpenQuestion['kind'];
  readonly question: string;
  readonly options: readonly string[];
  /** index of the right option */
  readonly answer: number;
}

const brief = (fact: Fact) => narration(fact, { hand: 'none' });
/** After these the hands are free for anything: what comes next can't be guessed from what was held. */
const openEnded: readonly Verb[] = ['put down', 'push', 'move', 'turn', 'look at', 'open', 'close', 'walk to'];
const usedObject = (fact: Fact) => (fact.hand ? (fact.tool ?? fact.object) : null);

/** All questions that an episode of several actions answers. */
export function askEpisode({ goal, facts }: Episode): OpenQuestion[] {
  const sentences = facts.map(brief);
  const objects = facts.map(usedObject).filter((category) => category !== null);
  const questions: OpenQuestion[] = [
    {
      kind: 'goal',
      question: 'What is C mainly trying to do?',
      answer: `C is trying to ${goal}.`,
      excluded: [],
      tempting: [],
    },
    {
      kind: 'first-action',
      question: 'What does C do first?',
      answer: sentences[0],
      excluded: [],
      tempting: sentences.slice(1),
    },
    {
      kind: 'last-action',
      question: 'What does C do last?',
      answer: sentences[sentences.length - 1],
      excluded: [],
      tempting: sentences.slice(0, -1),
    },
  ];
  if (objects.length > 1) {
    questions.push({
      kind: 'first-object',
      question: 'Which object does C use first?',
      answer: `the ${objects[0]}`,
      excluded: [],
      tempting: objects.slice(1).map((o) => `the ${o}`),
    });
    questions.push({
      kind: 'last-object',
      question: 'Which object does C use last?',
      answer: `the ${objects[objects.length - 1]}`,
      excluded: [],
      tempting: objects.slice(0, -1).map((o) => `the ${o}`),
    });
  }
  for (let i = 0; i + 1 < sentences.length; i++) {
    if (!openEnded.includes(facts[i].verb) || sentences.indexOf(sentences[i]) !== sentences.lastIndexOf(sentences[i]))
      continue;
    questions.push({
      kind: 'after',
      question: `What does C do right after C ${sentences[i].slice(2, -1)}?`,
      answer: sentences[i + 1],
      excluded: [sentences[i]],
      tempting: sentences.filter((_, j) => j !== i + 1 && j !== i),
    });
  }
  return questions;
}

/** Questions about what became of things in an episode: question and answer. */
export function askState(facts: readonly Fact[]): [string, string][] {
  const last = new Map<string, string>();
  for (const { verb, object, target, place, liquid } of facts) {
    if (verb === 'open' || verb === 'close')
      last.set(`Is the ${object} open or closed at the end?`, verb === 'open' ? 'open' : 'closed');
    if (verb === 'pour') last.set(`What is in the ${target}?`, `${liquid}`);
    if (verb === 'put down')
      last.set(
        `Where is the ${object} at the end?`,
        target ? `${target === 'box' ? 'in' : 'on'} the ${target}` : `on the ${place}`,
      );
    if (verb === 'pick up') last.delete(`Where is the ${object} at the end?`);
  }
  return [...last];
}

/** Questions about one action. */
export function askAction(fact: Fact): OpenQuestion[] {
  const questions: OpenQuestion[] = [
    {
      kind: 'action',
      question: 'What is C doing?',
      answer: narration(fact),
      excluded: [narration({ ...fact, pronoun: fact.pronoun === 'his' ? 'her' : 'his' })],
      tempting: [],
    },
  ];
  if (fact.object)
    questions.push({
      kind: 'object',
      question: fact.verb === 'look at' ? 'Which object does C look at?' : 'Which object is used?',
      answer: `the ${fact.tool ?? fact.object}`,
      excluded: [fact.object, fact.target].filter((o) => o !== null).map((o) => `the ${o}`),
      tempting: [],
    });
  return questions;
}

/**
 * Answers that occur, per kind of question. Wrong options are drawn from them in proportion, so that an option's text
 * says nothing about its being right.
 */
export class AnswerPool {
  private readonly answers = new Map<string, string[]>();

  add({ kind, answer }: OpenQuestion): void {
    this.answers.set(kind, [...(this.answers.get(kind) ?? []), answer]);
  }

  /** Five options, the right one at `place`. */
  options(
    { kind, question, answer, excluded, tempting }: OpenQuestion,
    random: Random,
    place = random.integer(0, 4),
  ): ChoiceQuestion {
    const wrong: string[] = [];
    const accept = (candidate: string) => {
      if (wrong.length < 4 && candidate !== answer && !excluded.includes(candidate) && !wrong.includes(candidate))
        wrong.push(candidate);
    };
    const known = this.answers.get(kind) ?? [];
    random
      .shuffle(tempting.filter((candidate) => known.includes(candidate)))
      .slice(0, 2)
      .forEach(accept);
    random.shuffle(known).forEach(accept);
    random.shuffle(this.fallback(kind)).forEach(accept);
    if (wrong.length < 4) throw new Error(`expected four wrong answers to "${question}", found ${wrong.length}`);
    return { kind, question, options: [...wrong.slice(0, place), answer, ...wrong.slice(place)], answer: place };
  }

  /** Small worlds have too few answers of a kind: then any goal, object or action will do. */
  private fallback(kind: OpenQuestion['kind']): string[] {
    if (kind === 'goal') return goals.map((goal) => `C is trying to ${goal}.`);
    if (kind === 'first-object' || kind === 'last-object' || kind === 'object')
      return categories.map((category) => `the ${category}`);
    return categories.flatMap((category) => [`C turns the ${category}.`, `C looks at the ${category}.`]);
  }
}

export const letters = ['A', 'B', 'C', 'D', 'E'] as const;

/** "(A) the mug (B) the bowl …" */
export const listOptions = (options: readonly string[]): string =>
  options.map((option, index) => `(${letters[index]}) ${option}`).join(' ');
