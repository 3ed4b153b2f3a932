import type { Action, Plan, Verb } from '../take/action.ts';
import { type Category, type Liquid, models, type Side } from '../world/objects.ts';
import type { StationName } from '../world/room.ts';

/** An action in words' terms: everything that a sentence about it may say. */
export interface Fact {
  readonly verb: Verb;
  readonly hand: Side | null;
  readonly object: Category | null;
  readonly target: Category | null;
  readonly tool: Category | null;
  readonly place: StationName | null;
  readonly direction: Side | null;
  readonly liquid: Liquid | null;
  readonly pronoun: 'his' | 'her';
}

export function factOf(action: Action, plan: Plan, pronoun: Fact['pronoun']): Fact {
  const category = (index: number | null) => (index === null ? null : plan.placements[index].category);
  const object = category(action.object);
  return {
    verb: action.verb,
    hand: action.hand,
    object,
    target: category(action.target),
    tool: category(action.tool),
    place: action.place,
    direction: action.direction,
    liquid: action.verb === 'pour' && object ? (models[object].liquid ?? null) : null,
    pronoun,
  };
}
