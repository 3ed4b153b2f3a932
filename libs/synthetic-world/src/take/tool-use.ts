import { toWorld } from '../world/body.ts';
import { graspPoint, models, type Side } from '../world/objects.ts';
import { fromStation } from '../world/room.ts';
import { about, add, compose, rotate, smoothstep, subtract, type Vector } from '../world/vector.ts';
import { along, categoryOf, handOf, type Moment, onObject, startOf, up } from './moment.ts';
import { carryPosition, toBody } from './state.ts';

// What a held thing does to another one: the tool's tip is where it acts, the hand follows from it.

export function pour(moment: Moment): void {
  const { action, u, now, begin } = moment;
  const side = action.hand as Side;
  const [source, target] = [action.object as number, action.target as number];
  const model = models[categoryOf(moment, source)];
  const sign = side === 'right' ? -1 : 1;
  const rim = onObject(moment, target, [0, 0, models[categoryOf(moment, target)].height]);
  const tilt = 1.75 * (smoothstep(u, 0.22, 0.38) - smoothstep(u, 0.8, 0.92));
  const hand = handOf(moment);
  // the mouth comes to rest above the target's middle, the body of the vessel on the hand's side
  const mouth: Vector = [0, 0, model.height];
  const tipped = about('y', sign * 1.75);
  const grasp = graspPoint(categoryOf(moment, source), side);
  const pouring = subtract(up(rim, 0.13), rotate(tipped, subtract(mouth, grasp)));
  hand.position = along(
    [
      [0, startOf(moment)],
      [0.28, pouring],
      [0.82, pouring],
      [1, carryPosition(side)],
    ],
    u,
  );
  hand.tool = about('y', sign * tilt);
  now.objects[target].liquid = model.liquid ?? 'water';
  now.objects[target].full = Math.max(begin.objects[target].full, smoothstep(u, 0.4, 0.8));
  if (u > 0.36 && u < 0.82) now.stream = { from: toWorld(begin, up(rim, 0.12)), to: toWorld(begin, up(rim, -0.03)) };
}

export function stir(moment: Moment): void {
  const { action, u, seconds } = moment;
  const side = action.hand as Side;
  const container = action.object as number;
  const category = categoryOf(moment, container);
  const radius = category === 'mug' ? 0.03 : 0.06;
  const rim = onObject(moment, container, [0, 0, models[category].height]);
  const turn = 2 * Math.PI * 1.7 * seconds;
  const inside = smoothstep(u, 0.15, 0.25) - smoothstep(u, 0.85, 0.95);
  const circle: Vector = [radius * Math.cos(turn), radius * Math.sin(turn), 0];
  const tool = compose(about('y', (side === 'right' ? 0.35 : -0.35) * inside), about('x', -0.8 * inside));
  const tip = rotate(tool, subtract([0, 0.16, 0.018], graspPoint('spoon', side)));
  const stirring = subtract(add(up(rim, -0.025), circle), tip);
  const hand = handOf(moment);
  hand.position = along(
    [
      [0, startOf(moment)],
      [0.2, stirring],
      [0.88, stirring],
      [1, carryPosition(side)],
    ],
    u,
  );
  hand.tool = tool;
}

export function cut(moment: Moment): void {
  const { action, u, now, begin, seconds } = moment;
  const side = action.hand as Side;
  const food = action.object as number;
  const top = onObject(moment, food, [0, 0, models[categoryOf(moment, food)].height]);
  const chop = 0.055 * (1 + Math.cos(2 * Math.PI * 2.1 * seconds));
  const grasp = graspPoint('knife', side);
  const edge = subtract(add(top, [0, -0.02, chop - 0.05 * u]), subtract([0, 0.06, 0], grasp));
  const hand = handOf(moment);
  hand.position = along(
    [
      [0, startOf(moment)],
      [0.18, edge],
      [0.86, edge],
      [1, carryPosition(side)],
    ],
    u,
  );
  hand.tool = about('x', 0.25 * (smoothstep(u, 0.05, 0.2) - smoothstep(u, 0.85, 1)));
  now.objects[food].cut = Math.max(begin.objects[food].cut, smoothstep(u, 0.35, 0.9));
}

export function wipe(moment: Moment): void {
  const { action, u, seconds, room } = moment;
  const side = action.hand as Side;
  const middle =
    action.object === null
      ? toBody(moment.begin, fromStation(room.stations[action.station], action.to as Vector))
      : onObject(moment, action.object, [0, 0, models[categoryOf(moment, action.object)].height]);
  const amplitude = action.object === null ? 0.17 : 0.09;
  const sweep: Vector = [
    amplitude * Math.sin(2 * Math.PI * 1.25 * seconds),
    0.02 * Math.cos(2 * Math.PI * 1.25 * seconds),
    0,
  ];
  const wiping = add(add(middle, sweep), graspPoint('sponge', side));
  handOf(moment).position = along(
    [
      [0, startOf(moment)],
      [0.18, wiping],
      [0.88, wiping],
      [1, carryPosition(side)],
    ],
    u,
  );
}
