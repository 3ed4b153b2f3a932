import type { CocoInstances, DetectedInstance } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { maskAveragePrecision } from '@egolab/metrics';

/** Percent; NaN for a category without a true mask, which the means leave out. */
export interface HoiMaskScores extends Record<string, number> {
  readonly AP: number;
  readonly AP50: number;
  readonly AP_hand: number;
  readonly AP_object: number;
}

/**
 * Hand-object segmentation as VISOR-HOS measures it: COCO's average precision of the masks of hands and of the objects in
 * contact with them, and the plain mean of the two.
 *
 * @throws UserError unless there are two categories, one of them "hand", or hand 1 and object 2 by number
 */
export function scoreHoiMasks(
  truth: CocoInstances,
  detections: readonly DetectedInstance[],
  where = 'truth',
): HoiMaskScores {
  const [hand, object] = handAndObject(truth, where);
  const precision = maskAveragePrecision(truth.masks, detections, [hand, object]);
  const values = [hand, object].map((category) => precision.get(category)!);
  return {
    AP: 100 * meanOf(values.map(({ AP }) => AP)),
    AP50: 100 * meanOf(values.map(({ AP50 }) => AP50)),
    AP_hand: 100 * values[0].AP,
    AP_object: 100 * values[1].AP,
  };
}

function handAndObject({ categories }: CocoInstances, where: string): [hand: number, object: number] {
  const hand = categories.find(({ name }) => /^hands?$/i.test(name)) ?? categories.find(({ id }) => id === 1);
  const object = categories.find(({ id }) => id !== hand?.id);
  if (hand && object && categories.length === 2) return [hand.id, object.id];
  throw new UserError({
    what: `expected the two categories hand and object, got ${categories.map(({ id, name }) => `${id} "${name}"`).join(', ')}`,
    where: `${where}, categories`,
  });
}

function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
