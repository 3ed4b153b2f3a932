import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, UserError } from '@egolab/foundation';
import { centreCrop, resizeBicubic, shortestEdgeSize, type RgbImage } from '@egolab/video';
import { z } from 'zod';
import { PIXEL_STATISTICS, type PixelStatistics } from './pixels.ts';

/** How images become what a tower reads: resize, centre crop, normalisation. */
export interface ImageProcessor extends PixelStatistics {
  resize(image: RgbImage): RgbImage;
  /** side of the square that is cut out of the middle; null: nothing is cut */
  readonly crop: { readonly height: number; readonly width: number } | null;
}

const side = z.number().int().positive();
const size = z.union([
  side.transform((edge) => ({ shortest_edge: edge })),
  z.object({ shortest_edge: side }),
  z.object({ height: side, width: side }),
]);
const channels = z.tuple([z.number(), z.number(), z.number()]);
const BICUBIC = 3;

const processorSchema = z.object({
  do_resize: z.boolean().default(true),
  size: size.optional(),
  resample: z.literal(BICUBIC, { error: 'expected 3, bicubic' }).default(BICUBIC),
  do_center_crop: z.boolean().default(true),
  crop_size: z
    .union([side.transform((edge) => ({ height: edge, width: edge })), z.object({ height: side, width: side })])
    .optional(),
  do_rescale: z.literal(true).default(true),
  rescale_factor: z
    .number()
    .refine((factor) => Math.abs(factor * 255 - 1) < 1e-4, 'expected 1/255')
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default([...PIXEL_STATISTICS.clip.mean] as [number, number, number]),
  image_std: channels.default([...PIXEL_STATISTICS.clip.std] as [number, number, number]),
});

/**
 * transformers' CLIPImageProcessor: antialiased bicubic resize of the shortest edge as PIL does it, centre crop.
 *
 * @param folder with `preprocessor_config.json`, or `processor_config.json` that holds one; without either CLIP's defaults
 * @param imageSize side of the images that the tower takes
 * @throws UserError for settings that aren't CLIP's, or that lead to images of another size
 */
export function readImageProcessor(folder: string, imageSize: number): ImageProcessor {
  const { path, json } = processorFile(folder);
  const parsed = processorSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError({
      what: `${issue.path.join('.')}: ${issue.message}`,
      where: path,
      mend: 'expected the settings of a CLIPImageProcessor',
    });
  }
  const {
    do_resize,
    size = { shortest_edge: imageSize },
    do_center_crop,
    do_normalize,
    image_mean,
    image_std,
  } = parsed.data;
  const { crop_size = { height: imageSize, width: imageSize } } = parsed.data;
  const output = do_center_crop ? crop_size : 'height' in size ? size : undefined;
  if (output && (output.height !== imageSize || output.width !== imageSize))
    throw new UserError({
      what: `expected images of ${imageSize} x ${imageSize} as config.json says, got ${output.height} x ${output.width}`,
      where: path,
      mend: 'both files must come from the same model',
    });
  return {
    crop: do_center_crop ? crop_size : null,
    mean: do_normalize ? image_mean : [0, 0, 0],
    std: do_normalize ? image_std : [1, 1, 1],
    resize(image) {
      if (!do_resize) return image;
      const target = 'height' in size ? size : shortestEdgeSize(image.height, image.width, size.shortest_edge);
      return resizeBicubic(image, target.height, target.width);
    },
  };
}

function processorFile(folder: string): { path: string; json: unknown } {
  const path = join(folder, 'preprocessor_config.json');
  if (existsSync(path)) return { path, json: readJsonFile(path) };
  const whole = join(folder, 'processor_config.json');
  if (!existsSync(whole)) return { path, json: {} };
  const { image_processor: json = {} } = readJsonFile(whole) as { image_processor?: unknown };
  return { path: whole, json };
}

/**
 * Resize and crop.
 *
 * @param what names the image in messages
 * @throws UserError when what comes out isn't of the tower's size
 */
export function processImage(
  { resize, crop }: Pick<ImageProcessor, 'resize' | 'crop'>,
  image: RgbImage,
  imageSize: number,
  what: string,
): RgbImage {
  const resized = resize(image);
  const { height, width } = crop ?? { height: imageSize, width: imageSize };
  const fits = crop
    ? resized.height >= height && resized.width >= width
    : resized.height === height && resized.width === width;
  if (fits) return centreCrop(resized, height, width);
  throw new UserError({
    what: `an image of ${image.height} x ${image.width} becomes ${resized.height} x ${resized.width}, but ${height} x ${width} is needed`,
    where: what,
    mend: 'let preprocessor_config.json resize, or give images of that size',
  });
}
