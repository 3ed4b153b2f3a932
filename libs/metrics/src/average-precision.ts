import { Ranker } from './ranking.ts';

/**
 * Average precision of one class: the mean, over its items, of the precision at the rank of each.
 *
 * @param ranked whether the item at each rank is of the class
 * @returns a fraction; NaN when none is
 */
export function averagePrecision(ranked: ArrayLike<boolean | number>): number {
  let hits = 0;
  let sum = 0;
  for (let position = 0; position < ranked.length; position++) {
    if (!ranked[position]) continue;
    hits++;
    sum += hits / (position + 1);
  }
  return sum / hits;
}

/**
 * Mean average precision of multi-label classification as Charades' published evaluation defines it: an item without
 * labels ranks last in every class. Of equal scores the lower index ranks first.
 *
 * Classes without an item are left out of the mean (the published code gives NaN for them, and so for the mean; every
 * class has an item in its test set).
 *
 * @param scores [items, classes] row-major, no NaN
 * @param labels the classes of each item, each once or more often
 * @returns a fraction; NaN when no item has a label
 */
export function meanAveragePrecision(
  scores: Float32Array,
  labels: readonly (readonly number[])[],
  classes: number,
): number {
  if (scores.length !== labels.length * classes)
    throw new RangeError(`expected ${labels.length} x ${classes} scores, got ${scores.length}`);
  // last in every class: after all items that can count, so never before one
  const labelled = labels.flatMap((of, item) => (of.length > 0 ? [item] : []));
  const ranker = new Ranker(labelled.length);
  const column = new Float32Array(labelled.length);
  let sum = 0;
  let present = 0;
  for (let label = 0; label < classes; label++) {
    const positive = labelled.map((item) => labels[item].includes(label));
    if (!positive.includes(true)) continue;
    for (let i = 0; i < labelled.length; i++) column[i] = scores[labelled[i] * classes + label];
    sum += averagePrecision([...ranker.rank(column)].map((i) => positive[i]));
    present++;
  }
  return sum / present;
}
