import { writeVideo } from '@egolab/video';
import { join } from 'node:path';
import type { Recording } from '../recording/recording.ts';

const CLIP = { seconds: 2, fps: 8, frames: 16 } as const;
const CLIPS_PER_CHUNK = 2;

/** `<sequence>-<chunk, four digits>-<0|1>` of every whole clip, with its first frame. */
export function clipKeys(name: string, numFrames: number, fps: number): { key: string; firstFrame: number }[] {
  return Array.from({ length: Math.floor(numFrames / (CLIP.seconds * fps)) }, (_, index) => ({
    key: `${name}-${String(Math.floor(index / CLIPS_PER_CHUNK)).padStart(4, '0')}-${index % CLIPS_PER_CHUNK}`,
    firstFrame: index * CLIP.seconds * fps,
  }));
}

/**
 * Depth as a pseudo-labeller gives it, for sources without depth of their own: `<key>.mp4`, 16 grey frames at 8 fps of
 * inverse depth, stretched from black (farthest) to white (nearest) over the clip, and a little blurred.
 */
export async function writePseudoDepth(recording: Recording, folder: string, name: string): Promise<void> {
  const { width, height } = recording.intrinsics;
  for (const { key, firstFrame } of clipKeys(name, recording.numFrames, recording.fps)) {
    const inverse = new Float64Array(CLIP.frames * width * height);
    for (let index = 0; index < CLIP.frames; index++) {
      const frame = firstFrame + Math.round((index * recording.fps) / CLIP.fps);
      const { depth } = recording.geometry(Math.min(recording.numFrames - 1, frame));
      inverse.set(
        blurred(
          depth.map((z) => 1 / z),
          width,
          height,
        ),
        index * width * height,
      );
    }
    let [low, high] = [Infinity, 0];
    for (const value of inverse) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const data = new Uint8Array(inverse.length * 3);
    inverse.forEach((value, i) => data.fill(((value - low) / (high - low || 1)) * 255, i * 3, i * 3 + 3));
    await writeVideo(
      join(folder, `${key}.mp4`),
      { data, numFrames: CLIP.frames, height, width },
      { fps: CLIP.fps, crf: 8 },
    );
  }
}

/** Mean over 3x3 pixels, fewer at the border. */
function blurred(values: Float64Array, width: number, height: number): Float64Array {
  return values.map((_, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    let [sum, count] = [0, 0];
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        sum += values[row * width + column];
        count++;
      }
    return sum / count;
  });
}
