import type { Random } from '@egolab/foundation';
import { type Colour, type Primitive, Shape } from '../render/scene.ts';
import type { Side } from './objects.ts';
import {
  about,
  add,
  alongZ,
  cross,
  dot,
  mix,
  norm,
  normalize,
  rotate,
  scale,
  subtract,
  type Vector,
} from './vector.ts';

/** Who wears the camera. Gloves and the watch strap have the same colours in all takes: they tell left from right. */
export interface Wearer {
  readonly pronoun: 'his' | 'her';
  readonly shirt: Colour;
  readonly trousers: Colour;
  readonly skin: Colour;
  readonly hair: Colour;
}

export const gloveColours: Record<Side, Colour> = { left: [0.12, 0.3, 0.95], right: [1, 0.48, 0.04] };

export function drawWearer(random: Random): Wearer {
  const cloth = (): Colour => [random.uniform(0.25, 0.6), random.uniform(0.25, 0.6), random.uniform(0.25, 0.6)];
  return {
    pronoun: random.choice(['his', 'her'] as const),
    shirt: cloth(),
    trousers: cloth(),
    skin: random.choice<Colour>([
      [0.95, 0.78, 0.66],
      [0.76, 0.55, 0.42],
      [0.45, 0.3, 0.22],
    ]),
    hair: random.choice<Colour>([
      [0.15, 0.1, 0.08],
      [0.45, 0.3, 0.15],
      [0.75, 0.65, 0.4],
    ]),
  };
}

/** Pose of the body: everything in the body's frame (x right, y forward, z up, origin between the feet), metres. */
export interface BodyPose {
  readonly stand: Vector;
  readonly yaw: number;
  /** how far the upper body leans forward, metres at the shoulders */
  readonly lean: number;
  readonly hands: Record<Side, { readonly position: Vector; /** 0 flat hand, 1 fist */ readonly grip: number }>;
  /** phase of the steps, radians, and their size in metres */
  readonly stride: { readonly phase: number; readonly size: number };
}

export const Instance = { background: 0, leftHand: 1, rightHand: 2, body: 3, stream: 4, firstObject: 10 } as const;

const UPPER_ARM = 0.36;
const FOREARM = 0.36;
export const EYES: Vector = [0, 0.12, 1.6];

export const shoulder = (side: Side, lean: number): Vector => [side === 'right' ? 0.2 : -0.2, lean, 1.33 - lean * 0.2];

/**
 * Two-bone inverse kinematics: where the elbow is when the hand is at `hand`. Beyond the arm's length the arm is stretched towards it.
 * The elbow bends down and outwards.
 */
export function elbow(from: Vector, hand: Vector, side: Side): Vector {
  const reach = subtract(hand, from);
  const length = Math.min(norm(reach), UPPER_ARM + FOREARM - 1e-4);
  const along = normalize(reach);
  const a = (UPPER_ARM ** 2 - FOREARM ** 2 + length ** 2) / (2 * length);
  const height = Math.sqrt(Math.max(0, UPPER_ARM ** 2 - a ** 2));
  const outward: Vector = [side === 'right' ? 0.9 : -0.9, -0.5, -1];
  const bend = normalize(subtract(outward, scale(along, dot(outward, along))));
  return add(from, add(scale(along, a), scale(bend, height)));
}

export function toWorld(pose: Pick<BodyPose, 'stand' | 'yaw'>, point: Vector): Vector {
  return add(pose.stand, rotate(about('z', pose.yaw), point));
}

/** Head and hair. */
export function headPrimitives(wearer: Wearer, pose: BodyPose): Primitive[] {
  const centre: Vector = [0, pose.lean + 0.01, 1.56];
  const ball = (size: Vector, offset: Vector, colour: Colour): Primitive => ({
    shape: Shape.Ellipsoid,
    size,
    position: toWorld(pose, add(centre, offset)),
    rotation: about('z', pose.yaw),
    colour,
    instance: Instance.body,
  });
  return [ball([0.085, 0.1, 0.12], [0, 0, 0], wearer.skin), ball([0.095, 0.1, 0.1], [0, -0.03, 0.045], wearer.hair)];
}

/** The wearer without the head. */
export function bodyPrimitives(wearer: Wearer, pose: BodyPose): Primitive[] {
  const at = (point: Vector) => toWorld(pose, point);
  const limb = (
    from: Vector,
    to: Vector,
    radius: number,
    colour: Colour,
    instance: number = Instance.body,
  ): Primitive => {
    const [a, b] = [at(from), at(to)];
    return {
      shape: Shape.Capsule,
      size: [radius, radius, Math.max(0.001, norm(subtract(b, a)) / 2)],
      position: mix(a, b, 0.5),
      rotation: alongZ(subtract(b, a)),
      colour,
      instance,
    };
  };
  const { lean, stride } = pose;
  const step = Math.sin(stride.phase) * stride.size;
  const parts: Primitive[] = [
    limb([0, lean * 0.85 - 0.02, 1.27], [0, -0.02, 0.98], 0.145, wearer.shirt),
    limb([-0.1, 0, 0.9], [-0.1, step, 0.12], 0.075, wearer.trousers),
    limb([0.1, 0, 0.9], [0.1, -step, 0.12], 0.075, wearer.trousers),
    limb([-0.1, step, 0.05], [-0.1, step + 0.12, 0.05], 0.05, [0.15, 0.15, 0.17]),
    limb([0.1, -step, 0.05], [0.1, -step + 0.12, 0.05], 0.05, [0.15, 0.15, 0.17]),
  ];
  for (const side of ['left', 'right'] as const) parts.push(...armPrimitives(wearer, pose, side, limb, at));
  return parts;
}

type Limb = (from: Vector, to: Vector, radius: number, colour: Colour, instance?: number) => Primitive;

function armPrimitives(
  wearer: Wearer,
  pose: BodyPose,
  side: Side,
  limb: Limb,
  at: (point: Vector) => Vector,
): Primitive[] {
  const from = shoulder(side, pose.lean);
  const { position: hand, grip } = pose.hands[side];
  const bend = elbow(from, hand, side);
  const instance = side === 'left' ? Instance.leftHand : Instance.rightHand;
  const glove = gloveColours[side];
  const along = normalize(subtract(hand, bend));
  const inward: Vector = side === 'right' ? [-1, 0, 0] : [1, 0, 0];
  const across = normalize(subtract(inward, scale(along, dot(inward, along))));
  const reach = 0.085 - 0.045 * grip;
  const finger = (sideways: number) =>
    limb(
      add(hand, scale(across, sideways)),
      add(hand, add(scale(along, reach), scale(across, sideways * (1.5 - grip)))),
      0.017,
      glove,
      instance,
    );
  const palmUp = cross(along, across);
  return [
    limb(from, bend, 0.05, wearer.shirt),
    limb(bend, add(hand, scale(along, -0.07)), 0.038, wearer.shirt),
    {
      shape: Shape.Ellipsoid,
      size: [0.055, 0.055, 0.045],
      position: at(hand),
      rotation: about('z', pose.yaw),
      colour: glove,
      instance,
    },
    finger(-0.028),
    finger(0.012),
    limb(
      hand,
      add(hand, add(scale(across, 0.06), add(scale(along, 0.02 + 0.03 * grip), scale(palmUp, 0.01)))),
      0.019,
      glove,
      instance,
    ),
  ];
}
