import type { Side } from '../world/objects.ts';
import type { Room } from '../world/room.ts';
import { add, mix, type Rotation, rotate, smoothstep, type Vector } from '../world/vector.ts';
import type { Action, Placement } from './action.ts';
import { carryPosition, restPosition, toBody, type WorldState } from './state.ts';

type Waypoint = readonly [number, Vector];

/** A smooth path through waypoints `[time in 0..1, position]`, resting shortly at each. */
export function along(path: readonly Waypoint[], u: number): Vector {
  const next = path.findIndex(([time]) => time >= u);
  if (next === 0) return path[0][1];
  if (next < 0) return path[path.length - 1][1];
  const [[from, a], [to, b]] = [path[next - 1], path[next]];
  return mix(a, b, smoothstep(u, from, to));
}

export const up = (point: Vector, height: number): Vector => add(point, [0, 0, height]);

/** What an animation works with: the state as the action began, the one it fills in, and who does what to what. */
export interface Moment {
  readonly action: Action;
  readonly begin: WorldState;
  readonly now: WorldState;
  readonly placements: readonly Placement[];
  readonly room: Room;
  readonly u: number;
  readonly seconds: number;
}

export const categoryOf = (moment: Moment, index: number) => moment.placements[index].category;
export const handOf = (moment: Moment) => moment.now.hands[moment.action.hand as Side];
export const startOf = (moment: Moment) => moment.begin.hands[moment.action.hand as Side].position;
export const endOf = (moment: Moment): Vector => {
  const side = moment.action.hand as Side;
  return moment.begin.objects.some(({ heldBy }) => heldBy === side) ? carryPosition(side) : restPosition(side);
};

/** A point given in an object's frame, in the body's frame, as the action began. */
export function onObject(moment: Moment, index: number, point: Vector): Vector {
  const { position, rotation } = moment.begin.objects[index];
  return toBody(moment.begin, add(position, rotate(rotation, point)));
}

export const heading = (rotation: Rotation): number => Math.atan2(rotation[3], rotation[0]);
export const wrap = (angle: number): number => Math.atan2(Math.sin(angle), Math.cos(angle));
