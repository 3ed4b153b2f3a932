import { type Fact, factOf } from '../language/fact.ts';
import type { Plan } from './action.ts';

export interface Window {
  readonly goal: string;
  readonly start: number;
  readonly end: number;
  readonly facts: readonly Fact[];
}

/** Shortest and longest episode, seconds. */
const LENGTH = [8, 15] as const;
/** seconds left before the first and after the last action */
const MARGIN = 0.1;

/** Windows around the activities of a plan that hold whole actions only: those of the goal, then the next ones until it is long enough. */
export function episodesOf(plan: Plan, pronoun: Fact['pronoun']): Window[] {
  return plan.activities.flatMap(({ goal, start, end }) => {
    const first = plan.actions.findIndex((action) => action.start >= start - 1e-9);
    let last = first;
    const length = () => plan.actions[last].end - plan.actions[first].start;
    while (last + 1 < plan.actions.length && (plan.actions[last].end < end - 1e-9 || length() < LENGTH[0])) {
      if (plan.actions[last + 1].end - plan.actions[first].start > LENGTH[1]) break;
      last++;
    }
    if (first < 0 || plan.actions[last].end < end - 1e-9 || length() < LENGTH[0] / 2) return [];
    const facts = plan.actions.slice(first, last + 1).map((action) => factOf(action, plan, pronoun));
    return [
      {
        goal,
        start: Math.max(0, plan.actions[first].start - MARGIN),
        end: Math.min(plan.duration, plan.actions[last].end + MARGIN),
        facts,
      },
    ];
  });
}
