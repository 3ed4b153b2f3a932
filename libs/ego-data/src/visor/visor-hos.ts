import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { readAs } from '../boundary.ts';
import { polygonRuns } from '../coco-polygon.ts';
import type { CocoInstances } from './coco-instances.ts';

/** Category numbers of VISOR-HOS. */
export const visorCategories = { hand: 1, object: 2 } as const;

/** A hand, or an object in contact with one. */
export interface VisorInstance {
  readonly category: 'hand' | 'object';
  /** run lengths column by column, outside first */
  readonly runs: readonly number[];
  /** x, y, width, height in pixels */
  readonly box: readonly [number, number, number, number];
  /** of a hand */
  readonly side: 'left' | 'right' | undefined;
  /** whether a hand touches an object; undefined where it is inconclusive, and for objects */
  readonly inContact: boolean | undefined;
  /** from the hand's centre to the object's, pixels; undefined without contact */
  readonly offset: readonly [x: number, y: number] | undefined;
}

export interface VisorFrame {
  readonly fileName: string;
  readonly imageId: number;
  readonly height: number;
  readonly width: number;
  readonly instances: readonly VisorInstance[];
}

const flag = z.union([z.literal(0), z.literal(1), z.literal(-1)]);
const instance = z.object({
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  category_id: z.union([z.literal(1), z.literal(2)]),
  handside: flag,
  isincontact: flag,
  offset: z.tuple([z.number(), z.number(), z.number()]),
  segmentation: z.array(z.array(z.number()).min(6)).min(1),
});
const frames = z
  .array(
    z.object({
      file_name: z.string().min(1),
      image_id: z.number().int(),
      height: z.number().int().positive(),
      width: z.number().int().positive(),
      annotations: z.array(instance),
    }),
  )
  .min(1);

/** Pixels of one unit of the stored offset length. */
const offsetUnit = 1000;

/**
 * Read VISOR-HOS's records: `[{file_name, image_id, height, width, annotations}]`. Their -1 stands for "inconclusive" on hands
 * and for "doesn't apply" on objects; an object that two hands hold is there twice.
 * @throws UserError for a missing or cut file, one of another format, or an image that is there twice
 */
export function readVisorHos(file: string): VisorFrame[] {
  const seen = new Set<number>();
  return readAs(frames, file).map(({ file_name: fileName, image_id: imageId, height, width, annotations }, index) => {
    if (seen.has(imageId))
      throw new UserError({ what: `the image ${imageId} is there twice`, where: `${file}, ${index}.image_id` });
    seen.add(imageId);
    const instances = annotations.map((entry) => instanceOf(entry, height, width));
    return { fileName, imageId, height, width, instances };
  });
}

function instanceOf(entry: z.output<typeof instance>, height: number, width: number): VisorInstance {
  const isHand = entry.category_id === visorCategories.hand;
  const [x, y, length] = entry.offset;
  const touches = isHand && entry.isincontact === 1 && length >= 0;
  return {
    category: isHand ? 'hand' : 'object',
    runs: polygonRuns(entry.segmentation, height, width),
    box: entry.bbox,
    side: isHand && entry.handside >= 0 ? (entry.handside === 0 ? 'left' : 'right') : undefined,
    inContact: isHand && entry.isincontact >= 0 ? entry.isincontact === 1 : undefined,
    offset: touches ? [x * length * offsetUnit, y * length * offsetUnit] : undefined,
  };
}

/** The frames as ground truth of hands and objects. */
export function visorInstances(frames: readonly VisorFrame[]): CocoInstances {
  return {
    images: new Map(frames.map(({ imageId, height, width }) => [imageId, { height, width }])),
    categories: Object.entries(visorCategories).map(([name, id]) => ({ id, name })),
    masks: frames.flatMap(({ imageId: image, instances }) =>
      instances.map(({ category, runs }) => ({ image, category: visorCategories[category], runs, crowd: false })),
    ),
  };
}
