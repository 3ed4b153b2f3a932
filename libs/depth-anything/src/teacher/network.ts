import { tf } from '@egolab/runtime';
import { depthAnything } from '../depth-anything.ts';
import { loadDepthAnything } from '../load.ts';
import { networkPixels } from '../preprocess.ts';
import type { DepthTeacher } from './teacher.ts';

export interface NetworkTeacherOptions {
  /** false: both sides become the processor's size, as the authors' modified batch code does; default: what the folder says */
  readonly keepAspectRatio?: boolean;
  /** frames that go through the network at a time; default 4 */
  readonly batchSize?: number;
}

/** Depth Anything V2 from a folder in Hugging Face format (the paper's teacher is its ViT-L). */
export function networkTeacher(
  folder: string,
  { keepAspectRatio, batchSize = 4 }: NetworkTeacherOptions = {},
): DepthTeacher {
  const { config, processor: own, parameters } = loadDepthAnything(folder);
  const processor = { ...own, keep_aspect_ratio: keepAspectRatio ?? own.keep_aspect_ratio };
  return {
    name: `Depth Anything in ${folder}`,
    quantity: config.depth_estimation_type === 'metric' ? 'depth' : 'inverse-depth',
    async depth(clip) {
      const frames = await clip.pixels();
      const frameBytes = frames.height * frames.width * 3;
      const maps: Float32Array[] = [];
      let size = { height: 0, width: 0 };
      for (let first = 0; first < frames.numFrames; first += batchSize) {
        const numFrames = Math.min(batchSize, frames.numFrames - first);
        const data = frames.data.subarray(first * frameBytes, (first + numFrames) * frameBytes);
        tf.tidy(() => {
          const depth = depthAnything(parameters, config, networkPixels({ ...frames, data, numFrames }, processor));
          size = { height: depth.shape[1]!, width: depth.shape[2]! };
          maps.push(depth.dataSync<'float32'>().slice());
        });
      }
      const data = new Float32Array(frames.numFrames * size.height * size.width);
      let at = 0;
      for (const map of maps) {
        data.set(map, at);
        at += map.length;
      }
      return { data, numFrames: frames.numFrames, ...size };
    },
    dispose: () => parameters.dispose(),
  };
}
