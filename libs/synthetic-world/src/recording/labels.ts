import { Instance } from '../world/body.ts';
import type { Side } from '../world/objects.ts';

/** Of something with fewer visible pixels nothing is said. */
const MIN_PIXELS = 4;

/** Image box in pixels, `[left, top, right, bottom]`; right and bottom are the edges behind the last pixel. */
export type Box = readonly [number, number, number, number];

/** A visible hand. */
export interface HandLabel {
  readonly side: Side;
  readonly instance: number;
  readonly box: Box;
  /** instance of the object that it touches, visible or not; null: it touches none */
  readonly touched: number | null;
}

/** What of hands and touched objects is seen in a frame. */
export interface FrameLabels {
  readonly hands: readonly HandLabel[];
  /** visible objects that a hand touches, by instance */
  readonly objects: readonly { readonly instance: number; readonly box: Box }[];
}

/**
 * Label a frame from its instance mask.
 *
 * @param instances uint8 `[height, width]`
 * @param contacts index of the object that each hand touches
 */
export function labelFrame(instances: Uint8Array, width: number, contacts: Partial<Record<Side, number>>): FrameLabels {
  const boxes = boxesOf(instances, width);
  const hands = (['left', 'right'] as const).flatMap((side) => {
    const instance = side === 'left' ? Instance.leftHand : Instance.rightHand;
    const box = boxes.get(instance);
    const object = contacts[side];
    return box ? [{ side, instance, box, touched: object === undefined ? null : Instance.firstObject + object }] : [];
  });
  const touched = [...new Set(Object.values(contacts))]
    .sort((a, b) => a - b)
    .map((object) => Instance.firstObject + object);
  const objects = touched.flatMap((instance) => {
    const box = boxes.get(instance);
    return box ? [{ instance, box }] : [];
  });
  return { hands, objects };
}

function boxesOf(instances: Uint8Array, width: number): Map<number, Box> {
  const extents = new Map<number, { box: [number, number, number, number]; pixels: number }>();
  instances.forEach((instance, pixel) => {
    const [column, row] = [pixel % width, Math.floor(pixel / width)];
    const known = extents.get(instance);
    if (!known) extents.set(instance, { box: [column, row, column + 1, row + 1], pixels: 1 });
    else {
      const { box } = known;
      known.pixels++;
      box[0] = Math.min(box[0], column);
      box[1] = Math.min(box[1], row);
      box[2] = Math.max(box[2], column + 1);
      box[3] = Math.max(box[3], row + 1);
    }
  });
  return new Map(
    [...extents].filter(([, { pixels }]) => pixels >= MIN_PIXELS).map(([instance, { box }]) => [instance, box]),
  );
}

export const centreOf = ([left, top, right, bottom]: Box): [number, number] => [(left + right) / 2, (top + bottom) / 2];

/** Unit vector from the hand's centre to the object's, and its length in thousands of pixels: `[x, y, magnitude]`. */
export function offsetBetween(
  hand: readonly [number, number],
  object: readonly [number, number],
): [number, number, number] {
  const [x, y] = [object[0] - hand[0], object[1] - hand[1]];
  const length = Math.hypot(x, y);
  return length === 0 ? [0, 0, 0] : [x / length, y / length, length / 1000];
}

/** Contact states of the hand-object detector of 100DOH. */
export const Contact = { none: 0, self: 1, otherPerson: 2, portable: 3, stationary: 4 } as const;

/** Values of one detection: x1, y1, x2, y2, score, contact, offset x, y and magnitude, side (0 left, 1 right). */
export const DETECTION_VALUES = 10;
/** Detections of a frame: two hands, two objects. */
export const DETECTION_ROWS = 4;

/**
 * Detections of a frame as STAR-HOI stores them: float32 `[4, 10]`, rows 0 and 1 for hands, 2 and 3 for objects, zeros
 * where there is none. The score is 1.
 */
export function detectionRows({ hands, objects }: FrameLabels): Float32Array {
  const rows = new Float32Array(DETECTION_ROWS * DETECTION_VALUES);
  hands.forEach(({ side, box, touched }, index) => {
    const object = objects.find(({ instance }) => instance === touched);
    const offset = object ? offsetBetween(centreOf(box), centreOf(object.box)) : [0, 0, 0];
    const contact = touched === null ? Contact.none : Contact.portable;
    rows.set([...box, 1, contact, ...offset, side === 'left' ? 0 : 1], index * DETECTION_VALUES);
  });
  objects.slice(0, 2).forEach(({ box }, index) => rows.set([...box, 1], (2 + index) * DETECTION_VALUES));
  return rows;
}
