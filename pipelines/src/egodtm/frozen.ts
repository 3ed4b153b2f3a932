import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { valuesOf } from '@egolab/runtime';
import { ClipReader, type ClipRequest, type FrameSampler } from '@egolab/video';
import type { Progress } from '../progress.ts';
import { workspace } from '../workspace.ts';
import { WHOLE } from './crop.ts';
import type { DualEncoder } from './model.ts';
import { cropPixels } from './pretraining.ts';
import { warm } from './warm.ts';

/** One row an item, `[item, width]` row-major. */
export interface Rows {
  readonly data: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** A pretrained dual encoder that looks at clips and isn't trained. */
export interface FrozenEncoder {
  readonly model: DualEncoder;
  readonly reader: ClipReader;
  readonly progress: Progress;
}

/** Clips as the encoder sees them: its number of frames, the middle square at its size. */
export function encoderReader({ config }: DualEncoder, sampler: FrameSampler, cacheBytes: number): ClipReader {
  return new ClipReader({
    numFrames: config.vision_config.num_frames,
    sampler,
    aspect: 'crop',
    size: config.vision_config.image_size,
    cacheFolder: join(workspace.root, '.egolab/cache/clips'),
    maxDiskBytes: cacheBytes,
  });
}

/** Clips that go through the encoder at a time. */
const VIDEOS = 8;

/**
 * What `of` makes of each clip's normalised pixels `[batch, time, height, width, 3]`: `[batch, …]`, flattened to a row.
 *
 * @param name shown with the progress
 */
export async function videoRows(
  { model, reader, progress }: FrozenEncoder,
  clips: readonly ClipRequest[],
  name: string,
  of: (pixels: Tensor) => Tensor,
): Promise<Rows> {
  await warm(reader, clips, progress);
  const phase = progress.phase(name, clips.length);
  const parts: Float32Array[] = [];
  for (let begin = 0; begin < clips.length; begin += VIDEOS) {
    const frames = await reader.readMany(clips.slice(begin, begin + VIDEOS));
    parts.push(valuesOf(() => of(framePixels(model, frames))));
    phase.advance(frames.length);
  }
  phase.end();
  return joined(parts, clips.length);
}

/** Normalised pixels of clips at the encoder's own size, uint8 `[time, size, size, 3]` each. */
export function framePixels({ config }: Pick<DualEncoder, 'config'>, frames: readonly Uint8Array[]): Tensor {
  const samples = frames.map((each) => ({ frames: each, crop: WHOLE }));
  return cropPixels({ config }, samples, config.vision_config.image_size);
}

/** Parts of equally wide rows after one another. */
export function joined(parts: readonly Float32Array[], count: number): Rows {
  const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, count, width: data.length / Math.max(1, count) };
}

export const rowOf = ({ data, width }: Rows, index: number): Float32Array =>
  data.subarray(index * width, (index + 1) * width);
