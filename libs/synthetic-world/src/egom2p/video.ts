import { pngBytes, writeVideo } from '@egolab/video';
import { writeSmallFile } from '../recording/files.ts';
import { millimetres } from '../recording/ground-truth.ts';
import type { Recording } from '../recording/recording.ts';
import type { Geometry } from '../render/view.ts';

/** Every so many frames of a recording as an mp4. */
export async function writeRgb(recording: Recording, path: string, crf: number, everyFrames = 1): Promise<void> {
  const { width, height } = recording.intrinsics;
  const frames = recording.rgb();
  const bytes = width * height * 3;
  const chosen = framesOf(recording, everyFrames);
  const data = everyFrames === 1 ? frames : new Uint8Array(chosen.length * bytes);
  if (everyFrames > 1)
    chosen.forEach((frame, index) => data.set(frames.subarray(frame * bytes, (frame + 1) * bytes), index * bytes));
  await writeVideo(path, { data, numFrames: chosen.length, height, width }, { fps: recording.fps / everyFrames, crf });
}

/** Indices of every so many frames. */
export const framesOf = ({ numFrames }: Recording, everyFrames: number): number[] =>
  Array.from({ length: Math.ceil(numFrames / everyFrames) }, (_, index) => index * everyFrames);

/** The recording as a camera without colour sees it. */
export async function writeGrey(recording: Recording, path: string, crf: number): Promise<void> {
  const { width, height } = recording.intrinsics;
  const rgb = recording.rgb();
  const data = new Uint8Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3)
    data.fill(Math.round(0.299 * rgb[i] + 0.587 * rgb[i + 1] + 0.114 * rgb[i + 2]), i, i + 3);
  await writeVideo(path, { data, numFrames: recording.numFrames, height, width }, { fps: recording.fps, crf });
}

export const digits = (index: number, length: number): string => String(index).padStart(length, '0');

/** Depth of frames as 16-bit PNG files, millimetres. Frames between two pictures have the file of the one before them. */
export function writeDepths(recording: Recording, frames: readonly number[], pathOf: (index: number) => string): void {
  const { width, height } = recording.intrinsics;
  let latest: { geometry: Geometry; png: Uint8Array } | undefined;
  frames.forEach((frame, index) => {
    const geometry = recording.geometry(frame);
    if (latest?.geometry !== geometry)
      latest = { geometry, png: pngBytes({ data: millimetres(geometry), width, height, channels: 1 }) };
    writeSmallFile(pathOf(index), latest.png);
  });
}
