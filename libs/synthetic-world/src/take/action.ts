import type { Category, Side } from '../world/objects.ts';
import type { StationName } from '../world/room.ts';
import type { Vector } from '../world/vector.ts';

export const verbs = [
  'pick up',
  'put down',
  'pour',
  'stir',
  'cut',
  'wipe',
  'open',
  'close',
  'push',
  'move',
  'turn',
  'walk to',
  'look at',
] as const;
export type Verb = (typeof verbs)[number];

/** Seconds that an action lasts, lowest and highest. */
export const durations: Record<Verb, readonly [number, number]> = {
  'pick up': [1.3, 1.8],
  'put down': [1.3, 1.8],
  pour: [1.9, 2.5],
  stir: [1.7, 2.4],
  cut: [1.7, 2.4],
  wipe: [1.7, 2.4],
  open: [1.4, 1.9],
  close: [1.4, 1.9],
  push: [1.4, 1.8],
  move: [1.6, 2.1],
  turn: [1.5, 2],
  'walk to': [1.5, 2],
  'look at': [1, 1.5],
};

export const goals = [
  'make tea',
  'cook soup',
  'make a sandwich',
  'mix juice',
  'clean up',
  'set the table',
  'pack the box',
] as const;
export type Goal = (typeof goals)[number];

/** One atomic action, with all that a sentence or a question can ask about. Objects are indices into the take's list. */
export interface Action {
  readonly verb: Verb;
  readonly hand: Side | null;
  /** what is acted on; null for walking and for wiping the surface */
  readonly object: number | null;
  /** where to: the container that is poured into, the box or plate that something is put into or onto */
  readonly target: number | null;
  /** the held tool: spoon, knife or sponge */
  readonly tool: number | null;
  /** the station's surface, where the action involves it */
  readonly place: StationName | null;
  readonly direction: Side | null;
  /** where an object ends up, in the station's frame */
  readonly to: Vector | null;
  /** index of the station where it happens; of `walk to`, the station walked to */
  readonly station: number;
  /** index into the take's activities */
  readonly activity: number;
  /** seconds from the start of the take */
  readonly start: number;
  readonly end: number;
}

/** One goal and the part of the take that is spent on it. */
export interface Activity {
  readonly goal: Goal;
  readonly start: number;
  readonly end: number;
}

/** Where an object stands at first. */
export interface Placement {
  readonly category: Category;
  readonly station: number;
  /** in the station's frame */
  readonly position: Vector;
  readonly yaw: number;
}

export interface Plan {
  readonly placements: readonly Placement[];
  readonly actions: readonly Action[];
  readonly activities: readonly Activity[];
  /** seconds */
  readonly duration: number;
}
