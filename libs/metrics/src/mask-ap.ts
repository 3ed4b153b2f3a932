import { rank } from './ranking.ts';

/** A binary mask as lengths of runs outside and inside in turn, outside first; all masks of an image in one scan order. */
export type MaskRuns = ArrayLike<number>;

export interface TrueMask {
  readonly image: number;
  readonly category: number;
  readonly runs: MaskRuns;
  /** a group that may take any number of detections and is never missed */
  readonly crowd: boolean;
}

export interface DetectedMask {
  readonly image: number;
  readonly category: number;
  readonly runs: MaskRuns;
  readonly score: number;
}

/** Fractions; NaN where the truth holds no mask (that isn't a crowd). */
export interface MaskPrecision {
  /** mean over the IoU thresholds 0.5, 0.55, … 0.95 */
  readonly AP: number;
  readonly AP50: number;
}

const thresholds = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9));
const recalls = Array.from({ length: 101 }, (_, i) => i * 0.01);
/** Detections of a category that count in one image, the best first. */
const maxDetections = 100;

/**
 * COCO's average precision of instance masks (COCOeval, iouType "segm", area range "all", 100 detections an image) of
 * every category: greedy matching by falling score at each IoU threshold, precision made monotonic and read at 101 recalls.
 *
 * @param detections of one image and category in file order, which decides between equal scores, then by image number
 */
export function maskAveragePrecision(
  truths: readonly TrueMask[],
  detections: readonly DetectedMask[],
  categories: readonly number[],
): Map<number, MaskPrecision> {
  return new Map(
    categories.map((category) => {
      const trueMasks = byImage(truths.filter((mask) => mask.category === category));
      const found = byImage(detections.filter((mask) => mask.category === category));
      const images = [...new Set([...trueMasks.keys(), ...found.keys()])].sort((a, b) => a - b);
      const matched = images.map((image) => matchImage(trueMasks.get(image) ?? [], found.get(image) ?? []));
      const positives = truths.filter((mask) => mask.category === category && !mask.crowd).length;
      const precisions = thresholds.map((_, t) => interpolatedPrecision(matched, t, positives));
      return [category, { AP: precisions.reduce((a, b) => a + b) / precisions.length, AP50: precisions[0] }];
    }),
  );
}

function byImage<Mask extends { image: number }>(masks: readonly Mask[]): Map<number, Mask[]> {
  const groups = new Map<number, Mask[]>();
  for (const mask of masks) {
    const group = groups.get(mask.image);
    if (group) group.push(mask);
    else groups.set(mask.image, [mask]);
  }
  return groups;
}

/** What became of an image's detections, best first. */
interface Matches {
  readonly scores: readonly number[];
  /** per threshold: the outcome of each detection */
  readonly outcomes: readonly Uint8Array[];
}
const missed = 0;
const hit = 1;
const ignored = 2;

function matchImage(truths: readonly TrueMask[], detections: readonly DetectedMask[]): Matches {
  const order = [...rank(detections.map(({ score }) => score))].slice(0, maxDetections);
  const ranked = order.map((i) => detections[i]);
  const targets = [...truths.filter(({ crowd }) => !crowd), ...truths.filter(({ crowd }) => crowd)];
  const overlaps = ranked.map((found) => targets.map((target) => maskIou(found.runs, target.runs, target.crowd)));
  const outcomes = thresholds.map((threshold) => {
    const taken = new Uint8Array(targets.length);
    return Uint8Array.from(overlaps, (row) => {
      const target = bestTarget(row, targets, taken, threshold);
      if (target < 0) return missed;
      taken[target] = 1;
      return targets[target].crowd ? ignored : hit;
    });
  });
  return { scores: ranked.map(({ score }) => score), outcomes };
}

/**
 * The target that a detection takes: the one of largest overlap at or above the threshold among those still free, of equal
 * ones the last; a crowd only when there is no other.
 */
function bestTarget(
  overlaps: readonly number[],
  targets: readonly TrueMask[],
  taken: Uint8Array,
  threshold: number,
): number {
  let largest = Math.min(threshold, 1 - 1e-10);
  let found = -1;
  for (let i = 0; i < targets.length; i++) {
    if (taken[i] && !targets[i].crowd) continue;
    if (found >= 0 && !targets[found].crowd && targets[i].crowd) break; // crowds come last
    if (overlaps[i] < largest) continue;
    largest = overlaps[i];
    found = i;
  }
  return found;
}

/** Mean over 101 recalls of the largest precision at that recall or beyond. */
function interpolatedPrecision(images: readonly Matches[], threshold: number, positives: number): number {
  if (positives === 0) return NaN;
  const scores = images.flatMap((image) => image.scores);
  const outcomes = images.flatMap((image) => [...image.outcomes[threshold]]);
  const precision: number[] = [];
  const recall: number[] = [];
  let hits = 0;
  let misses = 0;
  for (const i of rank(scores)) {
    if (outcomes[i] === hit) hits++;
    else if (outcomes[i] === missed) misses++;
    precision.push(hits / (hits + misses + Number.EPSILON));
    recall.push(hits / positives);
  }
  for (let i = precision.length - 1; i > 0; i--) precision[i - 1] = Math.max(precision[i - 1], precision[i]);
  let sum = 0;
  let at = 0;
  for (const level of recalls) {
    while (at < recall.length && recall[at] < level) at++;
    sum += precision[at] ?? 0;
  }
  return sum / recalls.length;
}

/**
 * Intersection over union of two masks of one image; with a crowd, over the area of `found` alone.
 * @throws RangeError when they have different sizes
 */
export function maskIou(found: MaskRuns, truth: MaskRuns, crowd = false): number {
  const { intersection, areaA, areaB } = overlapOf(found, truth);
  if (intersection === 0) return 0;
  return intersection / (crowd ? areaA : areaA + areaB - intersection);
}

function overlapOf(a: MaskRuns, b: MaskRuns): { intersection: number; areaA: number; areaB: number } {
  let [intersection, areaA, areaB] = [0, 0, 0];
  let [runA, runB] = [0, 0];
  let [leftA, leftB] = [a[0], b[0]];
  for (;;) {
    while (leftA === 0 && runA + 1 < a.length) leftA = a[++runA];
    while (leftB === 0 && runB + 1 < b.length) leftB = b[++runB];
    const step = Math.min(leftA, leftB);
    if (step === 0) break;
    const [insideA, insideB] = [runA % 2, runB % 2];
    areaA += insideA * step;
    areaB += insideB * step;
    intersection += insideA * insideB * step;
    leftA -= step;
    leftB -= step;
  }
  if (leftA !== leftB) throw new RangeError('maskIou: the masks have different sizes');
  return { intersection, areaA, areaB };
}
