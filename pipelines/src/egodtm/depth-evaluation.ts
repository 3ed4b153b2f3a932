import { join } from 'node:path';
import { depthDecoder } from '@egolab/depth-decoder';
import { worldTeacher } from '@egolab/depth-anything';
import { videoTower } from '@egolab/dual-encoder';
import { egoClip } from '@egolab/ego-data';
import { depthErrors, type DepthErrors } from '@egolab/metrics';
import { valuesOf } from '@egolab/runtime';
import type { ClipReader, FrameSampler } from '@egolab/video';
import type { Progress } from '../progress.ts';
import type { Metrics } from '../stage.ts';
import { cropDepth, WHOLE } from './crop.ts';
import { byVideo, chosenFrames } from './engine/clips.ts';
import { groundTruthFolder } from './engine/settings.ts';
import { framePixels } from './frozen.ts';
import type { EgoDtm } from './model.ts';
import { depthPicture, levels, type DepthColumn } from './paint.ts';
import { depthResolution } from './pretraining.ts';
import type { BenchmarkResult } from './zero-shot.ts';

/** Clips in the picture. */
const SHOWN = 6;

/** Clips that go through encoder and decoder at a time. */
const BATCH = 8;

/** The decoder's inverse depth of each clip, `[time, side, side]`, in [0, 1]. */
export function decodedDepth(model: EgoDtm, clips: readonly Uint8Array[]): Float32Array[] {
  const found: Float32Array[] = [];
  for (let begin = 0; begin < clips.length; begin += BATCH) {
    const frames = clips.slice(begin, begin + BATCH);
    const maps = valuesOf(() => {
      const { patches } = videoTower(model.encoder, model.config.vision_config, framePixels(model, frames));
      return depthDecoder(model.decoder, model.decoderConfig, patches).depth;
    });
    const size = maps.length / frames.length;
    frames.forEach((_, i) => found.push(maps.slice(i * size, (i + 1) * size)));
  }
  return found;
}

/**
 * Inverse depth of the decoder on held-out clips with exact depth (as Figure 3 shows it), after scale and shift are fitted to each
 * clip, since a teacher's inverse depth has no unit; means over the clips. `rmse` is in 1/m; the ratios of `delta1` to `delta3`
 * are those of depth. `constant` is the error of one value for a whole clip under the same fit.
 *
 * @returns also a column for a picture of some clips: the frame, inverse depth as predicted, and the true one
 */
export async function decoderDepth(
  model: EgoDtm,
  reader: ClipReader,
  folder: string,
  sampler: FrameSampler,
  progress: Progress,
): Promise<BenchmarkResult & { readonly columns: readonly DepthColumn[] }> {
  const { clips } = await egoClip({ file: join(folder, 'egoclip_val.csv'), videos: join(folder, 'videos') });
  const teacher = worldTeacher(groundTruthFolder(folder));
  const resolution = depthResolution(model);
  const { num_frames: numFrames, image_size: size } = model.config.vision_config;
  const phase = progress.phase('depth of the decoder', clips.length);
  const errors = new Map<string, DepthErrors>();
  const constant: DepthErrors[] = [];
  const columns: DepthColumn[] = [];
  for (const group of byVideo(clips)) {
    const indices = await chosenFrames(group, { numFrames, sampler });
    const decoded = await reader.readMany(group.map(({ video, start, end }) => ({ media: video, start, end })));
    const depths = decodedDepth(model, decoded);
    for (const [i, { clip, videoUid, timestamp }] of group.entries()) {
      phase.advance();
      const unread = () => Promise.reject(new Error('exact depth needs no pixels'));
      const maps = await teacher.depth({ videoUid, narrationTime: timestamp, frames: indices[i], pixels: unread });
      if ('skipped' in maps) continue;
      const [frames, predicted] = [decoded[i], depths[i]];
      const metres = cropDepth(maps, WHOLE, resolution);
      const truth = { data: metres.map((depth) => (depth > 0 ? 1 / depth : 0)), frames: resolution.time };
      const fitted = { alignment: 'affine-depth' } as const; // of the given quantity, here inverse depth
      const id = `clip ${clip} of ${videoUid} at ${timestamp}`;
      errors.set(id, depthErrors({ data: predicted, frames: resolution.time }, truth, fitted));
      constant.push(depthErrors({ data: predicted.map(() => 1), frames: resolution.time }, truth, fitted));
      if ((errors.size - 1) % Math.ceil(clips.length / SHOWN) === 0)
        columns.push(column(frames, size, [predicted, truth.data], resolution.side));
    }
  }
  phase.end();
  if (errors.size === 0) {
    progress.note('depth: no held-out clip has exact depth');
    return { metrics: { n: 0 }, outcomes: {}, columns };
  }
  const metrics = { ...means([...errors.values()]), n: errors.size, constant: means(constant) };
  const values = (key: keyof DepthErrors) => Object.fromEntries([...errors].map(([id, each]) => [id, each[key]]));
  return { metrics, outcomes: { rmse: values('rmse'), delta1: values('delta1') }, columns };
}

function means(errors: readonly DepthErrors[]): Metrics {
  const mean = (key: keyof DepthErrors) => errors.reduce((sum, each) => sum + each[key], 0) / errors.length;
  return {
    absRel: mean('absRel'),
    rmse: mean('rmse'),
    delta1: mean('delta1'),
    delta2: mean('delta2'),
    delta3: mean('delta3'),
  };
}

/** The first frame of a clip and its maps, each map from its least to its largest value. */
function column(frames: Uint8Array, size: number, maps: readonly Float32Array[], side: number): DepthColumn {
  return {
    frame: { data: frames.subarray(0, size * size * 3), side: size },
    maps: maps.map((map) => ({ data: levels(map.subarray(0, side * side)), side })),
  };
}

export function decoderPicture(columns: readonly DepthColumn[]) {
  return {
    name: 'decoder-depth',
    title: 'Depth by the decoder',
    caption:
      'Columns are held-out clips. From above: the first frame, inverse depth as the decoder predicts it, true inverse depth; near is bright, each map from its own least to its own largest value.',
    alt: 'Frames with predicted and true inverse depth below each.',
    bytes: depthPicture(columns),
  };
}
