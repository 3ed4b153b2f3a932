import { join } from 'node:path';
import { depthDecoder } from '@egolab/depth-decoder';
import { worldTeacher } from '@egolab/depth-anything';
import { videoTower } from '@egolab/dual-encoder';
import { egoClip } from '@egolab/ego-data';
import { depthErrors, type DepthErrors } from '@egolab/metrics';
import { tf } from '@egolab/runtime';
import { writePng, type ClipReader } from '@egolab/video';
import type { Progress } from '../progress.ts';
import type { Metrics, OutputFolder } from '../stage.ts';
import type { EgoDtmModelsSettings } from './settings.ts';
import { cropDepth, WHOLE } from './crop.ts';
import { byVideo, chosenFrames } from './engine/clips.ts';
import { groundTruthFolder } from './engine/settings.ts';
import type { EgoDtm } from './model.ts';
import { cropPixels, depthResolution } from './pretraining.ts';

/** A held-out clip: what the model sees, inverse depth as it predicts it, and the true one (1/m) at the same resolution. */
interface Compared {
  readonly frames: Uint8Array;
  readonly predicted: Float32Array;
  readonly truth: Float32Array;
}

/** Clips in the picture. */
const SHOWN = 6;

/**
 * Inverse depth of the decoder on held-out clips with exact depth (as Figure 3 shows it), after scale and shift are fitted to each
 * clip, since a teacher's inverse depth has no unit; means over the clips. `rmse` is in 1/m; the ratios of `delta1` to `delta3`
 * are those of depth. `constant` is the error of one value for a whole clip under the same fit.
 */
export async function decoderDepth(
  model: EgoDtm,
  reader: ClipReader,
  folder: string,
  { sampler }: Pick<EgoDtmModelsSettings, 'sampler'>,
  out: OutputFolder,
  progress: Progress,
): Promise<Metrics> {
  const { clips } = await egoClip({ file: join(folder, 'egoclip_val.csv'), videos: join(folder, 'videos') });
  const teacher = worldTeacher(groundTruthFolder(folder));
  const resolution = depthResolution(model);
  const { num_frames: numFrames, image_size: size } = model.config.vision_config;
  const phase = progress.phase('depth of the decoder', clips.length);
  const errors: DepthErrors[] = [];
  const constant: DepthErrors[] = [];
  const shown: Compared[] = [];
  for (const group of byVideo(clips)) {
    const indices = await chosenFrames(group, { numFrames, sampler });
    for (const [i, { video, start, end, videoUid, timestamp }] of group.entries()) {
      phase.advance();
      const unread = () => Promise.reject(new Error('exact depth needs no pixels'));
      const maps = await teacher.depth({ videoUid, narrationTime: timestamp, frames: indices[i], pixels: unread });
      if ('skipped' in maps) continue;
      const frames = await reader.read({ media: video, start, end });
      const predicted = tf.tidy(() => {
        const pixels = cropPixels(model, [{ frames, crop: WHOLE }], size);
        const { patches } = videoTower(model.encoder, model.config.vision_config, pixels);
        return depthDecoder(model.decoder, model.decoderConfig, patches).depth.dataSync<'float32'>().slice();
      });
      const metres = cropDepth(maps, WHOLE, resolution);
      const truth = { data: metres.map((depth) => (depth > 0 ? 1 / depth : 0)), frames: resolution.time };
      const fitted = { alignment: 'affine-depth' } as const; // of the given quantity, here inverse depth
      errors.push(depthErrors({ data: predicted, frames: resolution.time }, truth, fitted));
      constant.push(depthErrors({ data: predicted.map(() => 1), frames: resolution.time }, truth, fitted));
      if (errors.length % Math.ceil(clips.length / SHOWN) === 1) shown.push({ frames, predicted, truth: truth.data });
    }
  }
  phase.end();
  if (errors.length === 0) {
    progress.note('depth: no held-out clip has exact depth');
    return { n: 0 };
  }
  writePng(out.path('depth.png'), picture(shown, size, resolution.side));
  return { ...means(errors), n: errors.length, constant: means(constant) };
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

/** A row a clip, of its first frame: what is seen, predicted inverse depth, true inverse depth; near is bright. */
function picture(rows: readonly Compared[], size: number, side: number) {
  const width = 3 * size;
  const data = new Uint8Array(rows.length * size * width * 3);
  rows.forEach(({ frames, predicted, truth }, row) => {
    const predictedGrey = grey(predicted.subarray(0, side * side));
    const trueGrey = grey(truth.subarray(0, side * side));
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const pixel = Math.floor((y * side) / size) * side + Math.floor((x * side) / size);
        for (let channel = 0; channel < 3; channel++) {
          const values = [frames[(y * size + x) * 3 + channel], predictedGrey[pixel], trueGrey[pixel]];
          values.forEach((value, column) => {
            data[((row * size + y) * width + column * size + x) * 3 + channel] = value;
          });
        }
      }
    }
  });
  return { data, height: rows.length * size, width, channels: 3 as const };
}

/** Least and largest value to 0 and 255. */
function grey(values: Float32Array): Uint8Array {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return Uint8Array.from(values, (value) => (255 * (value - low)) / Math.max(1e-9, high - low));
}
