import type { Side } from '../world/objects.ts';
import type { Plan, Verb } from './action.ts';
import type { Instant } from './simulate.ts';

/** Fractions of an action between which the hand touches its object without having picked it up. */
const touches: Partial<Record<Verb, readonly [number, number]>> = {
  push: [0.34, 0.76],
  move: [0.34, 0.78],
  turn: [0.28, 0.82],
  open: [0.34, 0.8],
  close: [0.34, 0.8],
};

/** The object that each hand touches: what it holds, or what it pushes, moves, turns, opens or closes just then. */
export function contactsOf(plan: Plan, { time, state }: Instant): Partial<Record<Side, number>> {
  const contacts: Partial<Record<Side, number>> = {};
  state.objects.forEach(({ heldBy }, object) => {
    if (heldBy) contacts[heldBy] = object;
  });
  const action = plan.actions.find(({ start, end }) => start <= time && time < end);
  const window = action && touches[action.verb];
  if (!window || !action.hand || action.object === null) return contacts;
  const u = (time - action.start) / (action.end - action.start);
  if (u >= window[0] && u <= window[1]) contacts[action.hand] ??= action.object;
  return contacts;
}
