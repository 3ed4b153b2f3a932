import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { pixelsFromBytes } from '@egolab/dual-encoder';
import { ClipReader, type ClipRequest } from '@egolab/video';
import type { Progress } from '../progress.ts';
import { workspace } from '../workspace.ts';
import type { SharedSettings } from './settings.ts';

/** Decoded clips as the encoders read them. */
export interface Clips {
  /** decode once, with a progress bar, what training reads many times */
  warm(clips: readonly ClipRequest[], progress: Progress): Promise<void>;
  /** begin to decode what will be read soon */
  prefetch(clips: readonly ClipRequest[]): void;
  /** uint8 frames of each clip */
  read(clips: readonly ClipRequest[]): Promise<Uint8Array[]>;
  /** normalised pixels `[batch, time, height, width, 3]` */
  pixels(frames: readonly Uint8Array[]): Tensor;
}

/** Clips at the size and number of frames of the configured encoder, through a decode cache of bounded size. */
export function openClips({ data, models }: SharedSettings): Clips {
  const { numFrames, sampler, aspect } = models.video;
  const size = models.vision.image_size;
  const reader = new ClipReader({
    numFrames,
    sampler,
    aspect,
    size,
    cacheFolder: join(workspace.root, '.egolab/cache/clips'),
    maxDiskBytes: data.cacheBytes,
  });
  return {
    async warm(clips, progress) {
      const phase = progress.phase('decoding clips', clips.length);
      let before = 0;
      await reader.warm(clips, ({ done }) => {
        phase.advance(done - before);
        before = done;
      });
      phase.end();
    },
    prefetch: (clips) => reader.prefetch(clips),
    read: (clips) => reader.readMany(clips),
    pixels: (frames) => pixelsFromBytes(Buffer.concat(frames), [frames.length, numFrames, size, size, 3]),
  };
}
