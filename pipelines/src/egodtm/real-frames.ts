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
  const compared: Compared[] = [];
  const columns: DepthColumn[] = [];
  for (const file of spread(names.sort(), SHOWN)) {
    const { column, errors } = await frameColumn(model, path, file);
    columns.push(column);
    if (errors) compared.push(errors);
  }
  const known = compared.length === columns.length;
  const shown = known ? columns : columns.map(({ frame, maps }) => ({ frame, maps: maps.slice(0, 1) }));
  const mean = (of: keyof Compared, key: 'delta1' | 'absRel') =>
    compared.reduce((sum, each) => sum + each[of][key], 0) / compared.length;
  const scores = (of: keyof Compared) => ({ delta1: mean(of, 'delta1'), absRel: mean(of, 'absRel') });
  const quality =
    compared.length === 0
      ? 'There is no true depth to compare with.'
      : `With scale and shift of inverse depth fitted to each frame, delta1 is ${mean('predicted', 'delta1').toFixed(2)} on ${compared.length} frames; one value for all of a frame has ${mean('constant', 'delta1').toFixed(2)}.`;
  return {
    metrics: {
      n: columns.length,
      ...(compared.length > 0 && { ...scores('predicted'), constant: scores('constant') }),
    },
    picture: {
      name: 'real-frames',
      title: 'Depth of real frames',
      caption: `Columns are real images from a head-mounted camera, seen by a checkpoint trained on ${from}. From above: the image, inverse depth by the decoder${known ? ', true inverse depth' : ''}; near is bright, each map from its own least to its own largest value. ${quality} A picture of what the checkpoint makes of images unlike its training, not a result of the paper.`,
      alt: 'Real images with predicted inverse depth below each.',
      bytes: depthPicture(shown),
    },
  };
}

/** Errors of inverse depth on one frame. */
interface Compared {
  readonly predicted: DepthErrors;
  /** of one value for the whole frame */
  readonly constant: DepthErrors;
}

async function frameColumn(
  model: EgoDtm,
  folder: string,
  file: string,
): Promise<{ column: DepthColumn; errors: Compared | undefined }> {
  const { num_frames: numFrames, image_size: size } = model.config.vision_config;
  const { side } = depthResolution(model);
  const { data } = await decodeFrames(join(folder, file), { numFrames, sampler: 'avion', size, aspect: 'crop' });
  const predicted = decodedDepth(model, [data])[0].subarray(0, side * side);
  const maps = [{ data: levels(predicted), side }];
  const depthFile = join(folder, depthName(IMAGE.exec(file)![1]));
  const frame = { data: data.subarray(0, size * size * 3), side: size };
  if (!existsSync(depthFile)) return { column: { frame, maps }, errors: undefined };
  const inverse = middleSquare(readGreyPng(depthFile), side).map((millimetres) => millimetres && 1000 / millimetres);
  const truth = levels(inverse.map((value) => (value > 0 ? value : NaN)));
  const errorsOf = (map: Float32Array) =>
    depthErrors({ data: map, frames: 1 }, { data: inverse, frames: 1 }, { alignment: 'affine-depth' }); // of inverse depth
  return {
    column: { frame, maps: [...maps, { data: truth, side }] },
    errors: { predicted: errorsOf(predicted), constant: errorsOf(predicted.map(() => 1)) },
  };
}
