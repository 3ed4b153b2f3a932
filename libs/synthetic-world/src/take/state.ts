import { graspPoint, insideHeight, type ObjectState, type Side } from '../world/objects.ts';
import { toWorld } from '../world/body.ts';
import { fromStation, type Room } from '../world/room.ts';
import {
  about,
  add,
  compose,
  identity,
  type Rotation,
  rotate,
  subtract,
  unrotate,
  type Vector,
} from '../world/vector.ts';
import type { Placement } from './action.ts';

export interface HandState {
  /** in the body's frame */
  position: Vector;
  /** 0 flat to 1 fist */
  grip: number;
  /** rotation of what it holds, in the body's frame */
  tool: Rotation;
}

/** Everything that moves, at one instant. */
export interface WorldState {
  stand: Vector;
  yaw: number;
  hands: Record<Side, HandState>;
  objects: ObjectState[];
  /** what is being poured, world coordinates */
  stream: { from: Vector; to: Vector } | null;
  stride: { phase: number; size: number };
}

export const sides = ['left', 'right'] as const;
export const mirror = (side: Side, [x, y, z]: Vector): Vector => [side === 'right' ? x : -x, y, z];
export const restPosition = (side: Side): Vector => mirror(side, [0.3, 0.1, 0.95]);
export const carryPosition = (side: Side): Vector => mirror(side, [0.21, 0.36, 1.12]);

export function initialState(room: Room, placements: readonly Placement[]): WorldState {
  const [main] = room.stations;
  const hand = (side: Side): HandState => ({ position: restPosition(side), grip: 0.3, tool: identity });
  return {
    stand: main.stand,
    yaw: main.yaw,
    hands: { left: hand('left'), right: hand('right') },
    objects: placements.map(({ station, position, yaw }) => ({
      position: fromStation(room.stations[station], position),
      rotation: about('z', room.stations[station].yaw + yaw),
      heldBy: null,
      inside: -1,
      open: 0,
      lidSide: 1,
      full: 0,
      liquid: null,
      cut: 0,
    })),
    stream: null,
    stride: { phase: 0, size: 0 },
  };
}

export function clone(state: WorldState): WorldState {
  return {
    ...state,
    hands: { left: { ...state.hands.left }, right: { ...state.hands.right } },
    objects: state.objects.map((object) => ({ ...object })),
    stride: { ...state.stride },
  };
}

/** A world point in the body's frame. */
export function toBody(state: WorldState, point: Vector): Vector {
  return unrotate(about('z', state.yaw), subtract(point, state.stand));
}

/** Move held objects with their hands, and contents with their containers. */
export function settle(state: WorldState, placements: readonly Placement[]): void {
  state.objects.forEach((object, index) => {
    if (!object.heldBy) return;
    const hand = state.hands[object.heldBy];
    object.rotation = compose(about('z', state.yaw), hand.tool);
    object.position = subtract(
      toWorld(state, hand.position),
      rotate(object.rotation, graspPoint(placements[index].category, object.heldBy)),
    );
  });
  for (const object of state.objects) {
    if (object.inside < 0 || object.heldBy) continue;
    const container = state.objects[object.inside];
    object.position = add(
      container.position,
      rotate(container.rotation, [0, 0, insideHeight(placements[object.inside].category)]),
    );
  }
}
