import { graspPoint, insideHeight, models, type Side, topOf } from '../world/objects.ts';
import { toWorld } from '../world/body.ts';
import { fromStation, type Room } from '../world/room.ts';
import { about, add, compose, mix, smoothstep, subtract, type Vector } from '../world/vector.ts';
import type { Action, Placement, Verb } from './action.ts';
import { along, categoryOf, endOf, handOf, heading, type Moment, onObject, startOf, up, wrap } from './moment.ts';
import { carryPosition, clone, mirror, restPosition, settle, toBody, type WorldState } from './state.ts';
import { cut, pour, stir, wipe } from './tool-use.ts';

const animations: Record<Verb, (moment: Moment) => void> = {
  'pick up'(moment) {
    const { action, u, begin, now } = moment;
    const index = action.object as number;
    const side = action.hand as Side;
    const grasp = onObject(moment, index, graspPoint(categoryOf(moment, index), side));
    const hand = handOf(moment);
    hand.position = along(
      [
        [0, startOf(moment)],
        [0.25, up(grasp, 0.08)],
        [0.38, grasp],
        [0.44, grasp],
        [0.66, up(grasp, 0.14)],
        [1, carryPosition(side)],
      ],
      u,
    );
    hand.grip = smoothstep(u, 0.3, 0.42);
    if (u < 0.42) return;
    now.objects[index].heldBy = side;
    now.objects[index].inside = -1;
    hand.tool = about('z', wrap(heading(begin.objects[index].rotation) - begin.yaw) * (1 - smoothstep(u, 0.44, 0.9)));
  },
  'put down'(moment) {
    const { action, u, now, room } = moment;
    const index = action.object as number;
    const side = action.hand as Side;
    const spot =
      action.target === null
        ? fromStation(room.stations[action.station], action.to as Vector)
        : toWorld(
            moment.begin,
            onObject(moment, action.target, [0, 0, insideHeight(categoryOf(moment, action.target))]),
          );
    const place = add(toBody(moment.begin, spot), graspPoint(categoryOf(moment, index), side));
    const hand = handOf(moment);
    hand.position = along(
      [
        [0, startOf(moment)],
        [0.3, up(place, 0.14)],
        [0.52, place],
        [0.58, place],
        [0.75, add(place, mirror(side, [0.08, -0.06, 0.08]))],
        [1, restPosition(side)],
      ],
      u,
    );
    hand.grip = 1 - smoothstep(u, 0.54, 0.66) * 0.9;
    if (u < 0.56) return;
    const object = now.objects[index];
    Object.assign(object, {
      heldBy: null,
      position: spot,
      rotation: about('z', moment.begin.yaw),
      inside: action.target ?? -1,
    });
  },
  pour,
  stir,
  cut,
  wipe,
  open: (moment) => lid(moment, (u) => smoothstep(u, 0.36, 0.78)),
  close: (moment) => lid(moment, (u) => 1 - smoothstep(u, 0.36, 0.78)),
  push(moment) {
    const { action, u, now, begin, room } = moment;
    const index = action.object as number;
    const model = models[categoryOf(moment, index)];
    const from = toBody(begin, begin.objects[index].position);
    const to = toBody(begin, fromStation(room.stations[action.station], action.to as Vector));
    const behind: Vector = [0, -model.footprint - 0.05, Math.min(0.1, model.height * 0.6) + 0.02];
    const hand = handOf(moment);
    hand.position = along(
      [
        [0, startOf(moment)],
        [0.3, add(from, behind)],
        [0.34, add(from, behind)],
        [0.76, add(to, behind)],
        [1, endOf(moment)],
      ],
      u,
    );
    hand.grip = 0.15;
    now.objects[index].position = toWorld(begin, mix(from, to, smoothstep(u, 0.34, 0.76)));
  },
  move(moment) {
    const { action, u, now, begin, room } = moment;
    const index = action.object as number;
    const side = action.hand as Side;
    const from = toBody(begin, begin.objects[index].position);
    const to = toBody(begin, fromStation(room.stations[action.station], action.to as Vector));
    const grasp = subtract(onObject(moment, index, graspPoint(categoryOf(moment, index), side)), from);
    const object = along(
      [
        [0.34, from],
        [0.44, up(from, 0.06)],
        [0.68, up(to, 0.06)],
        [0.78, to],
      ],
      u,
    );
    const hand = handOf(moment);
    hand.position =
      u < 0.34
        ? along(
            [
              [0, startOf(moment)],
              [0.3, add(from, grasp)],
            ],
            u,
          )
        : u < 0.8
          ? add(object, grasp)
          : along(
              [
                [0.8, add(to, grasp)],
                [1, endOf(moment)],
              ],
              u,
            );
    hand.grip = smoothstep(u, 0.26, 0.34) - 0.7 * smoothstep(u, 0.78, 0.9);
    now.objects[index].position = toWorld(begin, object);
  },
  turn(moment) {
    const { action, u, now, begin } = moment;
    const index = action.object as number;
    const category = categoryOf(moment, index);
    const angle = (action.hand === 'right' ? 2.6 : -2.6) * smoothstep(u, 0.3, 0.8);
    const centre = onObject(moment, index, [0, 0, models[category].height + 0.03]);
    const reach = Math.min(0.09, models[category].footprint * 0.7);
    const grip: Vector = [Math.cos(angle + 0.6) * reach, Math.sin(angle + 0.6) * reach, 0];
    const hand = handOf(moment);
    hand.position = along(
      [
        [0, startOf(moment)],
        [0.28, add(centre, grip)],
        [0.82, add(centre, grip)],
        [1, endOf(moment)],
      ],
      u,
    );
    hand.grip = smoothstep(u, 0.2, 0.3) - smoothstep(u, 0.8, 0.9);
    now.objects[index].rotation = compose(about('z', angle), begin.objects[index].rotation);
  },
  'walk to'(moment) {
    const { action, u, now, begin, room } = moment;
    const station = room.stations[action.station];
    now.stand = mix(begin.stand, station.stand, smoothstep(u, 0.05, 0.95));
    now.yaw = begin.yaw + wrap(station.yaw - begin.yaw) * smoothstep(u, 0, 0.85);
    now.stride = { phase: u * 4 * Math.PI, size: 0.22 * Math.sin(Math.PI * u) };
  },
  'look at'() {},
};

/** Opening and closing differ in the direction of time only. */
function lid(moment: Moment, opening: (u: number) => number): void {
  const { action, u, now } = moment;
  const index = action.object as number;
  const category = categoryOf(moment, index);
  const object = now.objects[index];
  if (action.verb === 'open') object.lidSide = action.hand === 'right' ? 1 : -1;
  object.open = opening(u);
  const lidPoint = (open: number): Vector => {
    if (category === 'box') {
      const angle = 1.9 * open;
      return [0, 0.11 - 0.21 * Math.cos(angle), 0.165 + 0.21 * Math.sin(angle)];
    }
    const rise = 0.12 * Math.min(1, open * 2) - 0.255 * Math.max(0, open * 2 - 1);
    return [object.lidSide * 0.15 * Math.max(0, open * 2 - 1), 0, topOf(category) + 0.02 + rise];
  };
  const first = onObject(moment, index, lidPoint(opening(0)));
  const hand = handOf(moment);
  const last = onObject(moment, index, lidPoint(opening(1)));
  hand.position =
    u < 0.34
      ? along(
          [
            [0, startOf(moment)],
            [0.3, first],
          ],
          u,
        )
      : u < 0.8
        ? onObject(moment, index, lidPoint(object.open))
        : along(
            [
              [0.8, last],
              [1, endOf(moment)],
            ],
            u,
          );
  hand.grip = smoothstep(u, 0.26, 0.34) - 0.8 * smoothstep(u, 0.78, 0.88);
}

/**
 * The state at fraction `u` of an action that began in state `begin`.
 * A pure function: the world after the action is its value at u = 1.
 */
export function animate(
  action: Action,
  begin: WorldState,
  u: number,
  room: Room,
  placements: readonly Placement[],
): WorldState {
  const now = clone(begin);
  now.stream = null;
  now.stride = { phase: 0, size: 0 };
  animations[action.verb]({ action, begin, now, placements, room, u, seconds: u * (action.end - action.start) });
  settle(now, placements);
  return now;
}
