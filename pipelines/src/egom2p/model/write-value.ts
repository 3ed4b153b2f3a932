import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clipTiming, fromNineNumbers, gazeCsvText, tumText, type Modality } from '@egolab/ego-data';
import { writeFileAtomic } from '@egolab/foundation';
import { writePng, writeVideo } from '@egolab/video';
import type { ClipValues } from './clip-codec.ts';

/**
 * Write one modality of a clip for people and other programs: colour and depth as `<modality>.mp4` at 8 fps with each frame as
 * `<modality>/<frame>.png`, the camera as a TUM trajectory, gaze as CSV.
 *
 * @param size side of the frames
 * @param start time of the clip's first frame, seconds
 * @returns the file, of a video the mp4
 */
export async function writeValue(
  out: string,
  modality: Modality,
  value: ClipValues[Modality],
  size: number,
  start: number,
): Promise<string> {
  const times = Array.from({ length: clipTiming.frames }, (_, i) => start + i / clipTiming.fps);
  if (modality === 'camera') {
    const poses = fromNineNumbers(value as ClipValues['camera']);
    return writeText(join(out, 'camera.tum'), tumText({ timestamps: times, poses }));
  }
  if (modality === 'gaze') {
    // as far out of the frame as gaze counts as valid
    const xy = (value as ClipValues['gaze']).xy.map((each) => Math.min(1.2, Math.max(-0.2, each)));
    return writeText(join(out, 'gaze.csv'), gazeCsvText(times, xy));
  }
  return writeFrames(out, modality, value as Uint8Array | Float32Array, size);
}

function writeText(path: string, text: string): string {
  writeFileAtomic(path, text);
  return path;
}

/** `<modality>.mp4` at 8 fps, and each frame as `<modality>/<frame>.png`. */
async function writeFrames(
  out: string,
  modality: 'rgb' | 'depth',
  values: Uint8Array | Float32Array,
  size: number,
): Promise<string> {
  const channels = modality === 'rgb' ? 3 : 1;
  const bytes = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value))));
  mkdirSync(join(out, modality), { recursive: true });
  for (let frame = 0; frame < clipTiming.videoFrames; frame++) {
    const data = bytes.slice(frame * size * size * channels, (frame + 1) * size * size * channels);
    const path = join(out, modality, `${String(frame).padStart(4, '0')}.png`);
    writePng(path, { data, height: size, width: size, channels });
  }
  const colour = channels === 3 ? bytes : Uint8Array.from({ length: bytes.length * 3 }, (_, i) => bytes[Math.floor(i / 3)]); // prettier-ignore
  const path = join(out, `${modality}.mp4`);
  const frames = { data: colour, numFrames: clipTiming.videoFrames, height: size, width: size };
  await writeVideo(path, frames, { fps: clipTiming.videoFps });
  return path;
}
