import type { ClipFrames, Issues, Skip } from '../clip.ts';
import { keepBest, type HandObjectDetector } from '../detect/detections.ts';
import type { Mask } from '../geometry.ts';
import { promptsOf, type PromptStyle } from './prompts.ts';
import type { MaskTracker } from './tracker.ts';

/** A hand, or an object that a hand touches, with the detector's confidence. */
export interface SegmentedInstance {
  readonly kind: 'hand' | 'object';
  readonly mask: Mask;
  readonly score: number;
}

/**
 * Detect and segment in one image, as the engine does in the frame that it prompts: what EgoDTM measures on VISOR (section 4.4).
 * Objects that no hand is linked to are dropped, as VISOR-HOS does before it scores.
 *
 * @param image a clip of one frame
 * @param issues counts what was left out on the way
 */
export async function segmentFrame(
  { detector, tracker }: { readonly detector: HandObjectDetector; readonly tracker: MaskTracker },
  prompts: PromptStyle,
  image: ClipFrames,
  issues: Issues,
): Promise<SegmentedInstance[] | Skip> {
  const detections = await detector.detect(image, issues);
  if ('skipped' in detections) return detections;
  const prompted = promptsOf(keepBest(detections[0], issues), prompts);
  if (prompted.prompts.length === 0) return [];
  const masks = await tracker.track({ clip: image, frame: 0, prompts: prompted.prompts }, issues);
  if ('skipped' in masks) return masks;
  const found = [
    ...prompted.objects.map(({ score }) => ({ kind: 'object' as const, score })),
    ...prompted.hands.map(({ hand }) => ({ kind: 'hand' as const, score: hand.score })),
  ];
  return found.flatMap((instance, index) => {
    const [mask] = masks[index];
    return mask ? [{ ...instance, mask }] : [];
  });
}
