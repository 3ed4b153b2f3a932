import { boxIou } from '../geometry.ts';
import type { FrameDetections } from './detections.ts';

/** How well detections agree with labels; shares, NaN where there is nothing to share. */
export interface DetectionScores {
  /** share of the labelled hands that a detected one overlaps (IoU at least 0.5) */
  readonly handRecall: number;
  /** share of the detected hands that overlap a labelled one */
  readonly handPrecision: number;
  /** of the hands that were found, the share with the right side, and the right answer to "does it touch something" */
  readonly side: number;
  readonly contact: number;
  readonly objectRecall: number;
  readonly objectPrecision: number;
}

const OVERLAP = 0.5;

/** Compare detections with labels, frame by frame; each detection answers for one label, the best overlap first. */
export function detectionScores(
  labels: readonly FrameDetections[],
  found: readonly FrameDetections[],
): DetectionScores {
  const sum = { hands: 0, found: 0, matched: 0, side: 0, contact: 0, objects: 0, foundObjects: 0, matchedObjects: 0 };
  labels.forEach((label, frame) => {
    const detected = found[frame];
    const hands = matches(label.hands, detected.hands);
    sum.hands += label.hands.length;
    sum.found += detected.hands.length;
    sum.matched += hands.length;
    for (const [truth, hand] of hands) {
      sum.side += Number(truth.side === hand.side);
      sum.contact += Number((truth.contact === 'none') === (hand.contact === 'none'));
    }
    sum.objects += label.objects.length;
    sum.foundObjects += detected.objects.length;
    sum.matchedObjects += matches(label.objects, detected.objects).length;
  });
  return {
    handRecall: sum.matched / sum.hands,
    handPrecision: sum.matched / sum.found,
    side: sum.side / sum.matched,
    contact: sum.contact / sum.matched,
    objectRecall: sum.matchedObjects / sum.objects,
    objectPrecision: sum.matchedObjects / sum.foundObjects,
  };
}

type Boxed = FrameDetections['objects'][number];

function matches<T extends Boxed>(labels: readonly T[], found: readonly T[]): [T, T][] {
  const pairs = labels
    .flatMap((label) => found.map((other) => ({ label, other, overlap: boxIou(label.box, other.box) })))
    .filter(({ overlap }) => overlap >= OVERLAP)
    .sort((a, b) => b.overlap - a.overlap);
  const used = new Set<T>();
  return pairs.flatMap(({ label, other }): [T, T][] => {
    if (used.has(label) || used.has(other)) return [];
    used.add(label).add(other);
    return [[label, other]];
  });
}
