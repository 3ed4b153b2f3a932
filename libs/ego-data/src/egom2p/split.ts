import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalize, type Pose, toNineNumbers } from '../geometry/pose.ts';
import { frameTimes } from '../geometry/resample.ts';
import type { SkipLog } from '../skipped.ts';
import { type ClipDepth, type ClipGaze, clipTiming, type EgoM2pClip, type EgoM2pSource } from './clip.ts';
import { inverseDepth } from './depth-standardisation.ts';
import { videoFrames } from './frames.ts';
import type { Recording } from './recording.ts';

/** Clips that a chunk of a recording is cut into: chunks of 120 frames make `-0` and `-1`, as in the release. */
const clipsPerChunk = 2;

/** Durations come from rounded, jittering timestamps: a last frame this share of a frame early still is one. */
const timestampSlack = 0.25;

export interface SplitOptions {
  readonly source: EgoM2pSource;
  readonly pseudoDepth?: string;
  /** frames from one clip's beginning to the next one's; default: a clip's */
  readonly stride?: number;
  /** what is left out: modalities of clips and whole clips */
  readonly log: SkipLog;
}

/**
 * Cut a recording into clips of two seconds (section 3.1, splitting). The last chunk may be half: its first clip is kept, what
 * is shorter than a clip is not.
 */
export function* splitRecording(recording: Recording, options: SplitOptions): Generator<EgoM2pClip> {
  const { frames, fps } = clipTiming;
  const total = Math.floor(recording.duration * fps + timestampSlack);
  if (total < frames) options.log.add(recording.sequence, `shorter than a clip of ${frames} frames`);
  for (let first = 0; first + frames <= total; first += options.stride ?? frames) {
    const [index, beyond] = [Math.floor(first / frames), first % frames];
    const chunk = String(Math.floor(index / clipsPerChunk)).padStart(4, '0');
    const place = `${chunk}-${index % clipsPerChunk}${beyond === 0 ? '' : `+${beyond}`}`;
    const key = `${recording.sequence.replaceAll('/', '_')}-${place}`;
    const clip = cutClip(recording, key, first / fps, options);
    if (clip.rgb || clip.depth || clip.gaze || clip.camera) yield clip;
    else options.log.add(key, 'no modality is left');
  }
}

function cutClip(
  recording: Recording,
  key: string,
  start: number,
  { source, pseudoDepth, log }: SplitOptions,
): EgoM2pClip {
  const times = frameTimes(start, clipTiming.frames, clipTiming.fps);
  const videoTimes = frameTimes(start, clipTiming.videoFrames, clipTiming.videoFps);
  const { sequence, rgb, poses, gaze } = recording;
  const end = start + clipTiming.seconds - 1 / clipTiming.videoFps;
  return {
    source,
    key,
    sequence,
    start,
    rgb: rgb && rgb.duration >= end ? { read: (size) => rgb.read(videoTimes, size) } : undefined,
    depth: depthOf(recording, key, videoTimes, pseudoDepth),
    gaze: gaze && gazeOf(gaze(times), key, log),
    camera: poses && cameraOf(poses(times), key, log),
  };
}

/** Relative to the clip's first frame; a clip with a lost frame has no camera. */
function cameraOf(poses: readonly (Pose | undefined)[], key: string, log: SkipLog): Float32Array | undefined {
  const tracked = poses.filter((pose) => pose !== undefined);
  if (tracked.length === poses.length) return toNineNumbers(canonicalize(tracked));
  log.add(`${key} camera`, 'camera tracking is lost in the clip');
  return undefined;
}

function gazeOf(
  points: readonly (readonly [number, number] | undefined)[],
  key: string,
  log: SkipLog,
): ClipGaze | undefined {
  const xy = new Float32Array(points.length * 2);
  const valid = new Uint8Array(points.length);
  points.forEach((point, t) => {
    if (!point) return;
    xy.set(point, t * 2);
    valid[t] = 1;
  });
  if (valid.includes(1)) return { xy, valid };
  log.add(`${key} gaze`, 'no gaze is valid in the clip');
  return undefined;
}

function depthOf(
  { depth }: Recording,
  key: string,
  times: readonly number[],
  pseudoDepth: string | undefined,
): ClipDepth | undefined {
  if (depth) {
    const readMetres = (size: number) => depth.read(times, size);
    return { read: async (size) => inverseDepth(await readMetres(size)), readMetres };
  }
  const file = pseudoDepth === undefined ? undefined : join(pseudoDepth, `${key}.mp4`);
  if (file === undefined || !existsSync(file)) return undefined;
  return { read: (size) => readPseudoDepth(file, size), readMetres: undefined };
}

/** Mean of the three channels of a pseudo-labeller's video, which is min-max inverse depth already. */
async function readPseudoDepth(file: string, size: number): Promise<Uint8Array> {
  const frames = await videoFrames(file);
  const rgb = await frames.read(frameTimes(0, clipTiming.videoFrames, clipTiming.videoFps), size);
  return Uint8Array.from({ length: rgb.length / 3 }, (_, i) =>
    Math.round((rgb[i * 3] + rgb[i * 3 + 1] + rgb[i * 3 + 2]) / 3),
  );
}
