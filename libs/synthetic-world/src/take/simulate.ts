import type { Random } from '@egolab/foundation';
import { type CameraPose, lookAt } from '../render/camera.ts';
import { type BodyPose, EYES, Instance, shoulder, toWorld } from '../world/body.ts';
import { models } from '../world/objects.ts';
import { fromStation, type Room } from '../world/room.ts';
import { add, mix, norm, rotate, scale, subtract, unrotate, type Vector } from '../world/vector.ts';
import type { Action, Plan } from './action.ts';
import { animate } from './motion.ts';
import { initialState, sides, type WorldState } from './state.ts';

/** Where the eyes look. `yaw` and `pitch` are in the central pupil frame (x left, y up, z forward), radians. */
export interface Gaze {
  /** false while the tracker has lost the eyes */
  readonly valid: boolean;
  readonly yaw: number;
  readonly pitch: number;
  /** metres to what is fixated */
  readonly depth: number;
  /** instance that is fixated, or 0 for a place */
  readonly instance: number;
  /** the fixated point, world coordinates */
  readonly target: Vector;
}

/** One instant of a take. */
export interface Instant {
  /** seconds */
  readonly time: number;
  readonly state: WorldState;
  readonly body: BodyPose;
  /** pose of the head camera */
  readonly head: CameraPose;
  readonly gaze: Gaze;
}

/** the eyes are this many seconds ahead of the hands */
const GAZE_LEAD = 0.3;
/** time constant with which the head follows, seconds */
const HEAD_LAG = 0.22;
/** where the head turns by itself: to the middle of the surface that the wearer stands at, in the body's frame */
const AHEAD: Vector = [0, 0.5, 1];

/** How the head follows, and how its sway and the losses of gaze go on from frame to frame. */
export interface MotionRates {
  /** weight of what is new in the sway, and its size */
  readonly swayWeight: number;
  readonly swayScale: number;
  /** probability that the gaze gets lost, and frames for which it does */
  readonly blink: number;
  readonly blinkFrames: readonly [number, number];
  /** share of a shift of gaze that the head makes; the eyes make the rest. With 1, what is looked at is soon in the middle of the picture */
  readonly headShare: number;
}

/** Rates that don't mind the frame rate. */
const perFrame: MotionRates = { swayWeight: 0.35, swayScale: 1, blink: 0.015, blinkFrames: [1, 2], headShare: 1 };
/** Frames per second at which {@link ratesAt} gives the rates of `perFrame`. */
const REFERENCE_FPS = 8;

/** Rates with which the sway is as large and as slow, and the gaze as often and as long lost, at every frame rate. */
export function ratesAt(fps: number, headShare = 1): MotionRates {
  const ratio = REFERENCE_FPS / fps;
  const swayWeight = 1 - (1 - perFrame.swayWeight) ** ratio;
  const variance = (weight: number) => weight / (2 - weight); // of a first-order filter of white noise
  return {
    swayWeight,
    swayScale: Math.sqrt(variance(perFrame.swayWeight) / variance(swayWeight)),
    blink: 1 - (1 - perFrame.blink) ** ratio,
    blinkFrames: [Math.max(1, Math.round(1 / ratio)), Math.max(1, Math.round(2 / ratio))],
    headShare,
  };
}

/** Run a plan: one instant per frame, in order. */
export function* simulate(
  plan: Plan,
  room: Room,
  fps: number,
  random: Random,
  rates: MotionRates = perFrame,
): Generator<Instant> {
  const { actions, placements } = plan;
  const jitter = random.split('jitter');
  const eyes = random.split('gaze');
  let begin = initialState(room, placements);
  let next = 0;
  let look: Vector | undefined;
  let lean = 0.05;
  let sway: Vector = [0, 0, 0];
  let blink = 0;
  const numFrames = Math.floor(plan.duration * fps);
  for (let frame = 0; frame < numFrames; frame++) {
    const time = frame / fps;
    while (next < actions.length && actions[next].end <= time)
      begin = animate(actions[next++], begin, 1, room, placements);
    const action = next < actions.length ? actions[next] : undefined;
    const u = action ? Math.max(0, (time - action.start) / (action.end - action.start)) : 0;
    const state = action && u > 0 ? animate(action, begin, u, room, placements) : begin;

    const follow = 1 - Math.exp(-1 / fps / HEAD_LAG);
    const focus = attention(actions, next, time + 0.1, state, room, placements);
    const aim = rates.headShare === 1 ? focus.point : mix(toWorld(state, AHEAD), focus.point, rates.headShare);
    look = look ? mix(look, aim, follow) : aim;
    lean += (leanOf(state) - lean) * follow;
    const push = (size: number) => jitter.normal(0, size * rates.swayScale);
    sway = mix(sway, [push(0.02), push(0.02), push(0.015)], rates.swayWeight);
    const position = toWorld(state, add(EYES, [0, lean + 0.04, -0.5 * lean]));
    const head = lookAt(add(position, scale(sway, 0.4)), add(look, sway), sway[0] * 0.8);

    blink = blink > 0 ? blink - 1 : eyes.uniform() < rates.blink ? eyes.integer(...rates.blinkFrames) : 0;
    const gaze = gazeOf(attention(actions, next, time + GAZE_LEAD, state, room, placements), head, eyes, blink === 0);
    const { stand, yaw, hands, stride } = state;
    yield { time, state, body: { stand, yaw, lean, hands, stride }, head, gaze };
  }
}

/** Far reaches need a bent back. */
function leanOf(state: WorldState): number {
  const reach = Math.max(...sides.map((side) => norm(subtract(state.hands[side].position, shoulder(side, 0.05)))));
  return Math.min(0.2, Math.max(0.05, reach - 0.55));
}

/** What the wearer attends to at `time`, which lies at most a little ahead of the action `current`. */
function attention(
  actions: readonly Action[],
  current: number,
  time: number,
  state: WorldState,
  room: Room,
  placements: Plan['placements'],
): { point: Vector; instance: number } {
  while (current < actions.length && actions[current].end < time) current++;
  const action = actions[current];
  const onObject = (index: number) => ({
    point: add(
      state.objects[index].position,
      rotate(state.objects[index].rotation, [0, 0, models[placements[index].category].height / 2]),
    ),
    instance: Instance.firstObject + index,
  });
  const onPlace = (station: number, place: Vector) => ({
    point: fromStation(room.stations[station], place),
    instance: Instance.background as number,
  });
  if (!action) return onPlace(0, [0, 0.5, room.stations[0].surfaceHeight]);
  const u = (time - action.start) / (action.end - action.start);
  if (action.verb === 'walk to') return onPlace(action.station, [0, 0.55, room.stations[action.station].surfaceHeight]);
  if (action.verb === 'put down' && action.target !== null) return onObject(action.target);
  if (action.verb === 'put down' && u < 0.5) return onPlace(action.station, add(action.to as Vector, [0, 0, 0.03]));
  if (action.verb === 'pour' && u >= 0.12) return onObject(action.target as number);
  if (action.object === null) return onPlace(action.station, action.to as Vector);
  return onObject(action.object);
}

function gazeOf(
  { point, instance }: { point: Vector; instance: number },
  head: CameraPose,
  random: Random,
  valid: boolean,
): Gaze {
  const [x, y, z] = unrotate(head.rotation, subtract(point, head.position));
  const noise = () => Math.max(-0.015, Math.min(0.015, random.normal(0, 0.006)));
  return {
    valid: valid && z > 0.05,
    yaw: Math.atan2(-x, z) + noise(),
    pitch: Math.atan2(-y, z) + noise(),
    depth: Math.hypot(x, y, z),
    instance,
    target: point,
  };
}
