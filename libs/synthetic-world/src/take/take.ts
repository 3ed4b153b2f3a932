import { Random } from '@egolab/foundation';
import type { CameraPose } from '../render/camera.ts';
import { type ContactShadow, type Primitive, PrimitiveTable, Shape } from '../render/scene.ts';
import type { Scene } from '../render/shade.ts';
import { bodyPrimitives, drawWearer, headPrimitives, Instance, toWorld, type Wearer } from '../world/body.ts';
import { type Appearance, drawAppearance, liquidColours, models, objectPrimitives } from '../world/objects.ts';
import { buildRoom, exoCameras, type Looks, type Room } from '../world/room.ts';
import { alongZ, distance, mix, subtract } from '../world/vector.ts';
import type { Plan } from './action.ts';
import { planTake } from './activities.ts';
import { type Instant, type MotionRates, simulate } from './simulate.ts';

/** A take before it is rendered: all that a seed and a name decide. */
export interface Take {
  readonly name: string;
  readonly uid: string;
  readonly room: Room;
  readonly wearer: Wearer;
  readonly plan: Plan;
  readonly appearances: readonly Appearance[];
  readonly exo: readonly CameraPose[];
  readonly random: Random;
}

export interface TakeRequest {
  readonly name: string;
  readonly split: Room['split'];
  readonly room: number;
  readonly seed: number;
  readonly duration: readonly [number, number];
  readonly numExo: number;
  /** both: the objects are spread over both stations, so that the wearer walks between them; default: the second has none or one */
  readonly objects?: 'main' | 'both';
  /** the hues and textures that the room has; default: usual */
  readonly looks?: Looks;
}

export const roomId = (split: Room['split'], index: number): string =>
  `${split === 'heldOut' ? 'held-out' : split}-room-${String(index).padStart(2, '0')}`;

/** Decide everything about a take; a function of the request alone. */
export function drawTake(request: TakeRequest): Take {
  const { name, split, room: roomIndex, seed, duration, numExo, objects, looks: roomLooks } = request;
  const random = new Random(seed).split('take', name);
  const id = roomId(split, roomIndex);
  const room = buildRoom(id, split, new Random(seed).split('room', id), roomLooks);
  const plan = planTake(room, random.split('duration').uniform(...duration), random.split('plan'), objects);
  const looks = random.split('appearance');
  return {
    name,
    uid: uidOf(random.split('uid')),
    room,
    wearer: drawWearer(random.split('wearer')),
    plan,
    appearances: plan.placements.map(() => drawAppearance(looks)),
    exo: exoCameras(room, numExo, random.split('exo')),
    random,
  };
}

/** A version-4 UUID from the seed. */
export function uidOf(random: Random): string {
  const digits = Array.from({ length: 32 }, () => random.integer(0, 15).toString(16));
  digits[12] = '4';
  digits[16] = '89ab'[random.integer(0, 3)];
  const hex = digits.join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const instants = (take: Take, fps: number, rates?: MotionRates): Generator<Instant> =>
  simulate(take.plan, take.room, fps, take.random.split('motion'), rates);

/** Keeps the scene of one take: the room is packed once, what moves is repacked for every instant. */
export class Stage {
  readonly table = new PrimitiveTable();
  private readonly numStatic: number;
  private numHeadless = 0;
  private packed: Instant | undefined;
  private shadows: ContactShadow[] = [];

  constructor(readonly take: Take) {
    for (const primitive of take.room.primitives) this.table.add(primitive);
    this.numStatic = this.table.length;
  }

  /** The scene with the room only. */
  empty(): Scene {
    return this.scene(this.numStatic, []);
  }

  /** @param withHead the head camera doesn't see the head that it sits on */
  at(instant: Instant, withHead: boolean): Scene {
    if (instant !== this.packed) this.pack(instant);
    return this.scene(withHead ? this.table.length : this.numHeadless, this.shadows);
  }

  /** Objects, stream, body and at last the head. */
  private pack(instant: Instant): void {
    const { room, wearer, plan, appearances } = this.take;
    this.packed = instant;
    this.shadows = [];
    this.table.truncate(this.numStatic);
    instant.state.objects.forEach((object, index) => {
      const { category } = plan.placements[index];
      const instance = Instance.firstObject + index;
      for (const primitive of objectPrimitives(category, appearances[index], object, instance))
        this.table.add(primitive);
      if (object.inside < 0) this.shadows.push(...shadowsOf(room, object.position, models[category].footprint));
    });
    const stream = this.streamPrimitive(instant);
    if (stream) this.table.add(stream);
    for (const primitive of bodyPrimitives(wearer, instant.body)) this.table.add(primitive);
    this.numHeadless = this.table.length;
    for (const primitive of headPrimitives(wearer, instant.body)) this.table.add(primitive);
    for (const { position } of Object.values(instant.body.hands)) {
      this.shadows.push(...shadowsOf(room, toWorld(instant.body, position), 0.06));
    }
  }

  private scene(numPrimitives: number, shadows: readonly ContactShadow[]): Scene {
    const { light, faces } = this.take.room;
    return { table: this.table, numStatic: this.numStatic, numPrimitives, light, faces, shadows };
  }

  private streamPrimitive({ state, time }: Instant): Primitive | undefined {
    if (!state.stream) return undefined;
    const { from, to } = state.stream;
    const pouring = this.take.plan.actions.find((action) => action.start <= time && time <= action.end);
    const liquid = models[this.take.plan.placements[pouring?.object ?? 0].category].liquid ?? 'water';
    return {
      shape: Shape.Capsule,
      size: [0.015, 0.015, distance(from, to) / 2],
      position: mix(from, to, 0.5),
      rotation: alongZ(subtract(to, from)),
      colour: liquidColours[liquid],
      instance: Instance.stream,
    };
  }
}

/** A thing above a station's surface darkens it: near by sharply, from higher up softly. */
function shadowsOf(room: Room, position: readonly [number, number, number], footprint: number): ContactShadow[] {
  return room.stations.flatMap(({ stand, surfaceHeight }) => {
    const height = position[2] - surfaceHeight;
    if (height < -0.01 || height > 0.5 || Math.hypot(position[0] - stand[0], position[1] - stand[1]) > 0.9) return [];
    return [
      {
        position: [position[0], position[1], surfaceHeight] as const,
        radius: footprint * (1.25 + height),
        strength: 0.45 / (1 + 5 * height),
      },
    ];
  });
}
