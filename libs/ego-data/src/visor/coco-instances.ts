import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { readAs } from '../boundary.ts';
import { polygonRuns } from '../coco-polygon.ts';
import { runLengths } from '../coco-rle.ts';

/** A true mask: run lengths column by column, outside first. */
export interface InstanceMask {
  readonly image: number;
  readonly category: number;
  readonly runs: readonly number[];
  /** a group of instances that may match any number of detections */
  readonly crowd: boolean;
}

/** A detected mask with its confidence. */
export interface DetectedInstance {
  readonly image: number;
  readonly category: number;
  readonly runs: readonly number[];
  readonly score: number;
}

export interface CocoInstances {
  readonly images: ReadonlyMap<
    number,
    { readonly height: number; readonly width: number; readonly fileName?: string | undefined }
  >;
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly masks: readonly InstanceMask[];
}

const length = z.number().int().positive();
const runs = z.object({
  size: z.tuple([length, length]),
  counts: z.union([z.string().min(1), z.array(z.number().int().nonnegative()).min(1)]),
});
const polygon = z
  .array(z.number())
  .min(6)
  .refine(({ length: values }) => values % 2 === 0, { error: 'expected x and y of each corner' });
const truth = z.object({
  images: z
    .array(z.object({ id: z.number().int(), height: length, width: length, file_name: z.string().min(1).optional() }))
    .min(1),
  annotations: z.array(
    z.object({
      id: z.number().int(),
      image_id: z.number().int(),
      category_id: z.number().int(),
      iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
      segmentation: z.union([runs, z.array(polygon).min(1)]),
    }),
  ),
  categories: z.array(z.object({ id: z.number().int(), name: z.string() })).min(1),
});
const detections = z.array(
  z.object({
    image_id: z.number().int(),
    category_id: z.number().int(),
    segmentation: runs,
    score: z.number(),
  }),
);

/**
 * Read COCO ground truth: masks as polygons or run lengths.
 * @throws UserError for a missing or cut file, one of another format, ids that are there twice or unknown, or a mask of
 * another size than its image
 */
export function readCocoInstances(file: string): CocoInstances {
  const { images, annotations, categories } = readAs(truth, file);
  const sizes = new Map(images.map(({ id, height, width, file_name: fileName }) => [id, { height, width, fileName }]));
  for (const [name, records] of Object.entries({ images, annotations, categories })) uniqueIds(file, name, records);
  const masks = annotations.map((entry, index) => {
    const where = `${file}, annotations.${index}`;
    const { height, width } = known(sizes, entry.image_id, 'image_id', where);
    if (!categories.some(({ id }) => id === entry.category_id)) throw unknown('category_id', entry.category_id, where);
    const { segmentation } = entry;
    return {
      image: entry.image_id,
      category: entry.category_id,
      runs: Array.isArray(segmentation)
        ? polygonRuns(segmentation, height, width)
        : sizedRuns(segmentation, height, width, where),
      crowd: Boolean(entry.iscrowd),
    };
  });
  return { images: sizes, categories, masks };
}

/**
 * Read a COCO result file, `[{image_id, category_id, segmentation, score}]`, for the images and categories of `of`.
 * @throws UserError for a missing or cut file, one of another format, an unknown id, or a mask of another size than its image
 */
export function readCocoResults(file: string, of: CocoInstances): DetectedInstance[] {
  const mend = 'expected a COCO result file: [{image_id, category_id, segmentation: {size, counts}, score}, …]';
  return readAs(detections, file, mend).map(
    ({ image_id: image, category_id: category, segmentation, score }, index) => {
      const where = `${file}, ${index}`;
      const { height, width } = known(of.images, image, 'image_id', where);
      if (!of.categories.some(({ id }) => id === category)) throw unknown('category_id', category, where);
      return { image, category, runs: sizedRuns(segmentation, height, width, where), score };
    },
  );
}

function sizedRuns(rle: z.output<typeof runs>, height: number, width: number, where: string): number[] {
  const [rows, columns] = rle.size;
  if (rows !== height || columns !== width)
    throw new UserError({
      what: `expected a mask of its image's size ${height}x${width}, got ${rows}x${columns}`,
      where: `${where}.segmentation.size`,
    });
  return runLengths(rle, `${where}.segmentation.counts`);
}

function uniqueIds(file: string, name: string, records: readonly { readonly id: number }[]): void {
  const seen = new Set<number>();
  records.forEach(({ id }, index) => {
    if (seen.has(id))
      throw new UserError({ what: `the id ${id} is there twice`, where: `${file}, ${name}.${index}.id` });
    seen.add(id);
  });
}

function known<Value>(table: ReadonlyMap<number, Value>, id: number, field: string, where: string): Value {
  const value = table.get(id);
  if (value === undefined) throw unknown(field, id, where);
  return value;
}

function unknown(field: string, id: number, where: string): UserError {
  return new UserError({
    what: `${id} is not among the ground truth's`,
    where: `${where}.${field}`,
    mend: 'check that both files belong together',
  });
}
