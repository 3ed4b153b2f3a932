import { extname, join } from 'node:path';
import {
  maskBox,
  type ClipFrames,
  type Issues,
  type MaskTracker,
  type SegmentedInstance,
  type TrackPrompt,
} from '@egolab/caption-enrichment';
import {
  decodeRle,
  encodeRle,
  readCocoInstances,
  runLengths,
  type CocoInstances,
  type DetectedInstance,
} from '@egolab/ego-data';
import { resolveInside, UserError } from '@egolab/foundation';
import { decodeFrames, readPng } from '@egolab/video';

/** A split of VISOR-HOS. */
export interface VisorSplit {
  readonly truth: CocoInstances;
  readonly images: readonly VisorImage[];
  readonly categories: Readonly<Record<SegmentedInstance['kind'], number>>;
}

export interface VisorImage {
  readonly id: number;
  readonly path: string;
  readonly height: number;
  readonly width: number;
}

/**
 * Read `annotations/<split>.json` in COCO's format, beside `images/<split>/`.
 * @throws UserError for a missing or malformed file, images without a name, other categories than hand and object, or no mask
 */
export function readVisor(root: string, split: 'train' | 'val'): VisorSplit {
  const file = join(root, 'annotations', `${split}.json`);
  const truth = readCocoInstances(file);
  const images = [...truth.images].map(([id, { height, width, fileName }]) => {
    if (fileName === undefined)
      throw new UserError({ what: `image ${id} has no file_name`, where: file, mend: 'take the release’s COCO files' });
    return { id, height, width, path: resolveInside(join(root, 'images', split), fileName, file) };
  });
  const category = (name: RegExp) => truth.categories.find((each) => name.test(each.name))?.id;
  const [hand, object] = [category(/^hands?$/i), category(/object/i)];
  if (hand === undefined || object === undefined)
    throw new UserError({
      what: `expected the categories hand and object, got ${truth.categories.map(({ name }) => name).join(', ')}`,
      where: file,
    });
  if (truth.masks.length === 0)
    throw new UserError({
      what: 'no image has a mask of a hand or an object',
      where: file,
      mend: 'the file may be cut: download it again',
    });
  return { truth, images, categories: { hand, object } };
}

/**
 * An image as a clip of one frame, named by its file.
 * @throws UserError when it is missing, damaged or of another size than the annotation says
 */
export async function readVisorImage({ path, height, width }: VisorImage): Promise<ClipFrames> {
  const image =
    extname(path).toLowerCase() === '.png'
      ? readPng(path)
      : await decodeFrames(path, { numFrames: 1, sampler: 'avion' });
  if (image.height !== height || image.width !== width)
    throw new UserError({
      what: `expected ${width}x${height} pixels as annotated, got ${image.width}x${image.height}`,
      where: path,
      mend: 'take images and annotations of the same release',
    });
  const name = path.split('/').at(-1)!;
  const videoUid = name.slice(0, name.length - extname(name).length);
  return { data: image.data, height, width, numFrames: 1, videoUid, narrationTime: 0, indices: [0] };
}

/** True instances of an image; an object that two hands hold is there twice. */
export function trueInstances(
  { truth, categories }: VisorSplit,
  { id, height, width }: VisorImage,
): SegmentedInstance[] {
  return truth.masks
    .filter(({ image }) => image === id)
    .map(({ category, runs }) => ({
      kind: category === categories.hand ? 'hand' : 'object',
      score: 1,
      mask: { data: decodeRle({ size: [height, width], counts: runs }), height, width },
    }));
}

/** Instances as detections that average precision takes. */
export function detectedInstances(
  { categories }: VisorSplit,
  { id }: VisorImage,
  instances: readonly SegmentedInstance[],
): DetectedInstance[] {
  return instances.map(({ kind, score, mask: { data, height, width } }) => ({
    image: id,
    category: categories[kind],
    score,
    runs: runLengths(encodeRle(data, height, width)),
  }));
}

/** Detections as a COCO result file, which `egolab score hoi-masks` reads. */
export function cocoResults(images: readonly VisorImage[], detections: readonly DetectedInstance[]): object[] {
  const sizes = new Map(images.map(({ id, height, width }) => [id, [height, width] as [number, number]]));
  return detections.map(({ image, category, score, runs }) => ({
    image_id: image,
    category_id: category,
    score,
    segmentation: { size: sizes.get(image)!, counts: runs },
  }));
}

/** What the tracker makes of the true boxes: how much of the error is detection's. */
export async function segmentTrueBoxes(
  tracker: MaskTracker,
  image: ClipFrames,
  truths: readonly SegmentedInstance[],
  issues: Issues,
): Promise<SegmentedInstance[]> {
  const boxes = truths.map(({ mask }) => maskBox(mask));
  const same = (a: number, b: number) => JSON.stringify(boxes[a]) === JSON.stringify(boxes[b]);
  const prompted = truths.flatMap((_, i) => (boxes[i] && truths.findIndex((__, j) => same(i, j)) === i ? [i] : []));
  if (prompted.length === 0) return [];
  const prompts = prompted.map((i): TrackPrompt => {
    const negativeBoxes = prompted.filter((other) => other !== i).map((other) => boxes[other]!);
    return { kind: truths[i].kind, box: boxes[i]!, points: [], negativeBoxes };
  });
  const masks = await tracker.track({ clip: image, frame: 0, prompts }, issues);
  if ('skipped' in masks) return [];
  return truths.flatMap(({ kind, score }, i) => {
    const mask = masks[prompted.findIndex((each) => same(each, i))]?.[0];
    return mask ? [{ kind, score, mask }] : [];
  });
}
