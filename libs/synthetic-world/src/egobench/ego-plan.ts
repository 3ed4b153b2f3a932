import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { PlannedTake } from '../recording/plan.ts';
import type { Verb } from '../take/action.ts';
import type { Take } from '../take/take.ts';
import { tellActions, type ToldAction } from './told.ts';

/** Steps towards a goal; the others are by-play that nothing could foresee. */
const steps: readonly Verb[] = ['pick up', 'put down', 'pour', 'stir', 'cut', 'wipe', 'walk to'];
const LETTERS = ['A', 'B', 'C', 'D'] as const;

interface PlanStep {
  readonly goal: string;
  readonly done: readonly ToldAction[];
  readonly next: ToldAction;
  /** other steps of the take */
  readonly wrong: readonly string[];
}

interface PlanQuestion extends PlanStep {
  readonly planned: PlannedTake;
}

export const planQuestion = (goal: string): string =>
  `Considering the progress shown in the video and my current observation in the last frame, what action should I take next in order to ${goal}?`;

/** What comes next, asked before every step towards a goal but its first. */
export function planSteps({ take }: { readonly take: Take }): PlanStep[] {
  const told = tellActions({ take });
  const every = [...new Set(told.filter(({ fact }) => steps.includes(fact.verb)).map(({ step }) => step))];
  return take.plan.activities.flatMap(({ goal, start, end }) => {
    const own = told.filter(({ action }) => action.start >= start - 1e-9 && action.end <= end + 1e-9);
    return own.flatMap((next, index) => {
      const wrong = every.filter((step) => step !== next.step);
      if (index === 0 || !steps.includes(next.fact.verb) || wrong.length < LETTERS.length - 1) return [];
      return [{ goal, done: own.slice(0, index), next, wrong }];
    });
  });
}

/**
 * EgoPlan: `EgoPlan_validation.json` (four choices, about held-out rooms) and `EgoPlan_IT.json` (negative answers, about training
 * rooms). The right answer is the step that follows; the others are steps of the same take.
 */
export function writeEgoPlan(
  root: string,
  { train, test }: Readonly<Record<'train' | 'test', readonly PlannedTake[]>>,
  fps: number,
  seed: number,
): { train: number; test: number } {
  const random = new Random(seed).split('egoplan');
  const shared = ({ planned, goal, done, next }: PlanQuestion, index: number) => ({
    sample_id: index,
    video_source: 'Ego4D',
    video_id: planned.take.uid,
    task_goal: goal,
    question: planQuestion(goal),
    answer: next.step,
    current_observation_frame: Math.floor(next.action.start * fps),
    task_progress_metadata: done.map(({ step, action }) => ({
      narration_text: step,
      start_frame: Math.floor(action.start * fps),
      stop_frame: Math.floor(action.end * fps),
    })),
  });
  const askedAbout = (planned: PlannedTake): PlanQuestion[] => planSteps(planned).map((step) => ({ planned, ...step }));
  const asked = { train: train.flatMap(askedAbout), test: test.flatMap(askedAbout) };
  const validation = asked.test.map((question, index) => {
    const place = index % LETTERS.length;
    const wrong = random
      .split(index)
      .shuffle(question.wrong)
      .slice(0, LETTERS.length - 1);
    const choices = [...wrong.slice(0, place), question.next.step, ...wrong.slice(place)];
    const named = Object.fromEntries(choices.map((choice, i) => [`choice_${LETTERS[i].toLowerCase()}`, choice]));
    return { ...shared(question, index), ...named, golden_choice_idx: LETTERS[place] };
  });
  const training = asked.train.map((question, index) => ({
    ...shared(question, index),
    negative_answers: random.split('train', index).shuffle(question.wrong).slice(0, 6),
  }));
  writeFileAtomic(join(root, 'EgoPlan_validation.json'), JSON.stringify(validation, null, 1));
  writeFileAtomic(join(root, 'EgoPlan_IT.json'), JSON.stringify(training, null, 1));
  return { train: training.length, test: validation.length };
}
