import { writeFileAtomic } from '@egolab/foundation';
import type { Box } from '../recording/labels.ts';
import { centreOf, offsetBetween } from '../recording/labels.ts';
import type { LabelledFrame } from './visor-frames.ts';

const HAND = 1;
const OBJECT = 2;
/** VISOR-HOS's mark for "does not apply". */
const NONE = -1;

/**
 * VISOR-HOS: COCO JSON with the classes hand (1) and contacted object (2). A hand has `handside` (0 left, 1 right),
 * `isincontact` and the `offset` to what it touches (unit vector and thousandths of pixels between whole-numbered
 * centres); an object is written once for every hand that touches it. Masks are compressed run lengths.
 */
export function writeVisorHos(
  path: string,
  frames: readonly LabelledFrame[],
  width: number,
  height: number,
): { images: number; annotations: number } {
  const images = frames.map(({ file }, id) => ({ id, file_name: file, width, height }));
  const annotations = frames
    .flatMap((frame, image) => annotate(frame).map((annotation) => ({ image_id: image, ...annotation })))
    .map((annotation, id) => ({ id: id + 1, ...annotation }));
  const categories = [
    { id: HAND, name: 'hand' },
    { id: OBJECT, name: 'object' },
  ];
  writeFileAtomic(path, JSON.stringify({ info: { description: 'VISOR-HOS' }, categories, images, annotations }));
  return { images: images.length, annotations: annotations.length };
}

function annotate(frame: LabelledFrame): object[] {
  return frame.hands.flatMap(({ side, instance, box, touched }) => {
    const object = frame.objects.find(({ instance: candidate }) => candidate === touched);
    const hand = {
      ...shape(frame, instance),
      category_id: HAND,
      handside: side === 'left' ? 0 : 1,
      isincontact: touched === null ? 0 : 1,
      offset: object ? offsetBetween(wholeCentre(box), wholeCentre(object.box)) : [NONE, NONE, NONE],
    };
    if (!object) return [hand];
    const held = { category_id: OBJECT, handside: NONE, isincontact: NONE, offset: [NONE, NONE, NONE] };
    return [hand, { ...shape(frame, object.instance), ...held }];
  });
}

function shape({ masks }: LabelledFrame, instance: number): object {
  const { rle, area, box } = masks[instance];
  const [left, top, right, bottom] = box;
  return { bbox: [left, top, right - left, bottom - top], segmentation: rle, area, iscrowd: 0 };
}

const wholeCentre = (box: Box): [number, number] => {
  const [x, y] = centreOf(box);
  return [Math.floor(x), Math.floor(y)];
};
