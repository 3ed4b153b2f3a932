import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { depthErrors, type DepthErrors } from '@egolab/metrics';
import { decodeFrames, readGreyPng } from '@egolab/video';
import type { StagePicture } from '../pictures.ts';
import type { Metrics } from '../stage.ts';
import { decodedDepth } from './depth-evaluation.ts';
import { resolveFromRoot } from './engine/paths.ts';
import { middleSquare } from './h2o-clips.ts';
import type { EgoDtm } from './model.ts';
import { depthPicture, levels, spread, type DepthColumn } from './paint.ts';
import { depthResolution } from './pretraining.ts';

/** Images in the picture. */
const SHOWN = 6;
const IMAGE = /^(.+)_rgb\.(?:jpg|jpeg|png)$/i;
/** 16-bit millimetres, 0 where none is known. */
const depthName = (name: string) => `${name}_depth_mm_u16.png`;

/**
 * The decoder's depth of real images, each seen as a clip that stands still: `<name>_rgb.jpg` or `.png` of a folder and, where it is
 * there, true depth `<name>_depth_mm_u16.png`, as Project Aria's test frames are decoded.
 *
 * @param from what the checkpoint was trained on, for the caption
 * @throws UserError for a folder without such images
 */
export async function realFrameDepth(
  model: EgoDtm,
  folder: string,
  from: string,
): Promise<{ metrics: Metrics; picture: StagePicture }> {
  const path = resolveFromRoot(folder);
  const names = existsSync(path) ? readdirSync(path).filter((name) => IMAGE.test(name)) : [];
  if (names.length === 0)
    throw new UserError({
      what: existsSync(path) ? 'no image <name>_rgb.jpg or .png' : 'there is no such folder',
      where: `evaluate-depth-pretrain.realFrames=${folder}`,
      mend: 'name a folder of images, or null',
    });
  const errors: DepthErrors[] = [];
  const columns: DepthColumn[] = [];
  for (const file of spread(names.sort(), SHOWN)) {
    const { column, error } = await frameColumn(model, path, file);
    columns.push(column);
    if (error) errors.push(error);
  }
  const known = columns.every(({ maps }) => maps.length === 2);
  const shown = known ? columns : columns.map(({ frame, maps }) => ({ frame, maps: maps.slice(0, 1) }));
  const mean = (key: 'delta1' | 'absRel') => errors.reduce((sum, each) => sum + each[key], 0) / errors.length;
  const quality =
    errors.length === 0
      ? 'There is no true depth to compare with.'
      : `After scale and shift of inverse depth are fitted to each frame: delta1 ${mean('delta1').toFixed(2)} and relative error ${mean('absRel').toFixed(2)} on ${errors.length} frames.`;
  return {
    metrics: { n: columns.length, ...(errors.length > 0 && { delta1: mean('delta1'), absRel: mean('absRel') }) },
    picture: {
      name: 'real-frames',
      title: 'Depth of real frames',
      caption: `Columns are real images from a head-mounted camera, seen by a checkpoint trained on ${from}. From above: the image, inverse depth by the decoder${known ? ', true inverse depth' : ''}; near is bright, each map from its own least to its own largest value. ${quality} A picture of what the checkpoint makes of images unlike its training, not a result of the paper.`,
      alt: 'Real images with predicted inverse depth below each.',
      bytes: depthPicture(shown),
    },
  };
}

async function frameColumn(
  model: EgoDtm,
  folder: string,
  file: string,
): Promise<{ column: DepthColumn; error: DepthErrors | undefined }> {
  const { num_frames: numFrames, image_size: size } = model.config.vision_config;
  const { side } = depthResolution(model);
  const { data } = await decodeFrames(join(folder, file), { numFrames, sampler: 'avion', size, aspect: 'crop' });
  const predicted = decodedDepth(model, data).subarray(0, side * side);
  const maps = [{ data: levels(predicted), side }];
  const depthFile = join(folder, depthName(IMAGE.exec(file)![1]));
  const frame = { data: data.subarray(0, size * size * 3), side: size };
  if (!existsSync(depthFile)) return { column: { frame, maps }, error: undefined };
  const metres = middleSquare(readGreyPng(depthFile), side).map((millimetres) => millimetres / 1000);
  const inverse = metres.map((value) => (value > 0 ? 1 / value : NaN));
  const error = depthErrors(
    { data: predicted, frames: 1 },
    { data: metres, frames: 1 },
    { alignment: 'affine-disparity' },
  );
  return { column: { frame, maps: [...maps, { data: levels(inverse), side }] }, error };
}
