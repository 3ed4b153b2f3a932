import { type GroundTruth, type GroundTruthFrame, HAND_INSTANCE, readGroundTruth } from '@egolab/ego-data';
import { maskBox, type Mask } from '../geometry.ts';
import {
  type FrameDetections,
  type HandDetection,
  type HandObjectDetector,
  offsetBetween,
  type Side,
} from './detections.ts';

/** A hand or an object of which fewer pixels are seen counts as hidden. */
const MIN_PIXELS = 4;
/** How far a labelled frame may be from the wanted one, seconds. */
const MAX_SECONDS = 0.25;

/** The pixels of one instance; undefined when (nearly) nothing of it is seen. */
export function instanceMask(
  { data, height, width }: { data: ArrayLike<number>; height: number; width: number },
  instance: number,
): Mask | undefined {
  const mask = Uint8Array.from(data, (value) => Number(value === instance));
  return mask.reduce((sum, value) => sum + value, 0) < MIN_PIXELS ? undefined : { data: mask, height, width };
}

/** What a perfect detector says of a frame: boxes around the visible pixels, contact with what each hand holds. */
export function labelsOf(frame: GroundTruthFrame, instances: GroundTruth['instances']): FrameDetections {
  const masks = frame.masks();
  const boxOf = (instance: number) => {
    const mask = instanceMask(masks, instance);
    return mask && maskBox(mask);
  };
  const held = new Map(frame.contact.map(({ hand, instance }): [Side, number] => [hand, instance]));
  const boxes = new Map([...new Set(held.values())].map((instance) => [instance, boxOf(instance)]));
  const hands = (['left', 'right'] as const).flatMap((side): HandDetection[] => {
    const box = boxOf(HAND_INSTANCE[side]);
    if (!box) return [];
    const instance = held.get(side);
    const object = instance === undefined ? undefined : boxes.get(instance);
    return [
      {
        box,
        score: 1,
        side,
        contact: instance === undefined ? 'none' : 'portable object',
        offset: object ? offsetBetween(box, object) : null,
      },
    ];
  });
  const touched = new Set(hands.map(({ side }) => held.get(side)));
  const objects = [...boxes].flatMap(([instance, box]) =>
    box && touched.has(instance) ? [{ box, score: 1, label: instances.get(instance) }] : [],
  );
  return { hands, objects };
}

/**
 * The synthetic world's own labels as a detector.
 *
 * @param folderOf where a video's ground truth is
 */
export function worldDetector(folderOf: (videoUid: string) => string): HandObjectDetector {
  let open: { videoUid: string; truth: GroundTruth | undefined } | undefined;
  return {
    name: 'labels of the synthetic world',
    async detect({ videoUid, indices }) {
      if (open?.videoUid !== videoUid) open = { videoUid, truth: readGroundTruth(folderOf(videoUid)) };
      const { truth } = open;
      if (!truth) return { skipped: 'no labels' };
      const found = indices.map((index) => truth.nearest(index));
      if (found.some(({ frame }, i) => Math.abs(frame - indices[i]) > MAX_SECONDS * truth.fps))
        return { skipped: 'no labels near a frame' };
      return found.map((frame) => labelsOf(frame, truth.instances));
    },
  };
}
