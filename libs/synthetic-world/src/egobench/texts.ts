import type { Random } from '@egolab/foundation';
import type { Fact } from '../language/fact.ts';
import { kitchenAction } from '../language/kitchen.ts';
import { narration } from '../language/sentence.ts';
import type { Take } from '../take/take.ts';
import { charadesClass, charadesClassNames } from './charades.ts';
import { planQuestion, planSteps } from './ego-plan.ts';
import { askTask } from './ego-task-qa.ts';
import { memoryQuestions } from './memory.ts';
import { askEqa } from './open-eqa.ts';
import { somethingLabel } from './something.ts';
import { tellActions, type ToldAction } from './told.ts';
import { instructionTo, moves, navigationQuestion } from './vln-qa.ts';

/** A question about some actions, worded as a data set words it. */
export interface WordedQuestion {
  readonly shown: readonly Fact[];
  readonly question: string;
  readonly answer: string;
}

/** Questions that data sets of single actions ask, as EgoBench and EgoIT word them. */
const QUESTION = {
  charades: 'What action am I currently performing?',
  ek100:
    'Given a query video segment, how can captions be ranked so that those with a higher rank are more semantically relevant to the action in the query video segment?',
  egoMcq: 'Which description accurately reflects the human behavior in the video?',
  recognition: 'What action is being performed in the video?',
  caption: 'What is happening in the video?',
} as const;

/** Actions that a question about their order shows. */
const SHOWN = 4;

/**
 * Questions and answers as EgoBench's tasks and the sources of EgoIT word them, about a take that is told in words: what a language model
 * has read of before it sees a video. They are drawn from takes of their own, so none is a question of a benchmark.
 */
export function wordedQuestions(take: Take, random: Random): WordedQuestion[] {
  const told = tellActions({ take });
  const windows = Array.from({ length: Math.max(1, Math.floor(told.length / SHOWN)) }, (_, i) =>
    told.slice(i * SHOWN, (i + 1) * SHOWN),
  );
  return [
    ...told.flatMap(({ fact }) => aboutAction(fact, random)),
    ...windows.flatMap((shown) => inOrder(shown, take, random)),
    ...planSteps({ take }).map(({ goal, done, next }) => ({
      shown: factsOf(done.slice(-SHOWN)),
      question: planQuestion(goal),
      answer: next.step,
    })),
    ...random
      .shuffle(askEqa({ take }, told))
      .slice(0, SHOWN)
      .map(({ question, answer }) => ({ shown: factsOf(random.choice(windows)), question, answer })),
    navigation(take, random),
  ];
}

const factsOf = (told: readonly ToldAction[]): Fact[] => told.map(({ fact }) => fact);

function aboutAction(fact: Fact, random: Random): WordedQuestion[] {
  const something = somethingLabel(fact);
  const kitchen = kitchenAction(fact, random).narration;
  const asked: [string, string][] = [
    [QUESTION.egoMcq, narration(fact)],
    [QUESTION.caption, narration(fact)],
    [QUESTION.ek100, kitchen],
    [QUESTION.recognition, something && random.uniform() < 0.5 ? something : kitchen],
    [QUESTION.charades, charadesClassNames[charadesClass(fact)]],
  ];
  return asked.map(([question, answer]) => ({ shown: [fact], question, answer }));
}

function inOrder(shown: readonly ToldAction[], { plan }: Take, random: Random): WordedQuestion[] {
  const present = plan.placements.map(({ category }) => category);
  return [...askTask(shown), ...memoryQuestions(shown, present, random)].map(({ question, answer }) => ({
    shown: factsOf(shown),
    question,
    answer,
  }));
}

/** A walk by its direction, which is said until the turn is done; at the goal nothing is walked to any more. */
function navigation({ room, wearer }: Take, random: Random): WordedQuestion {
  const place = random.choice(room.stations).name;
  const move = random.choice(moves);
  const walk: Fact = {
    verb: move === 'Stop' ? 'look at' : 'walk to',
    hand: null,
    object: null,
    target: null,
    tool: null,
    place,
    direction: move.includes('left') ? 'left' : move.includes('right') ? 'right' : null,
    liquid: null,
    pronoun: wearer.pronoun,
  };
  return { shown: [walk], question: navigationQuestion(instructionTo(place)), answer: move };
}
