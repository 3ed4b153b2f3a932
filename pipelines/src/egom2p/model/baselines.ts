import { fromNineNumbers, compose, identityPose, type EgoM2pClip, type Pose } from '@egolab/ego-data';
import { clipTiming } from '@egolab/ego-data';

/** Averages over training clips: what a predictor says that doesn't look. */
export interface TrainingMeans {
  /** `[60, 9]`; undefined when no clip has a camera */
  camera: Float32Array | undefined;
  /** x and y, over tracked frames */
  gaze: readonly [number, number] | undefined;
  /** inverse depth `[size, size]`, over clips and frames */
  depth: Float32Array | undefined;
  /** `[size, size, 3]` */
  rgb: Float32Array | undefined;
}

/** Clips whose videos are in memory at a time. */
const BATCH = 16;

/** @param size side of the frames */
export async function trainingMeans(clips: readonly EgoM2pClip[], size: number): Promise<TrainingMeans> {
  const camera = new Mean(clipTiming.frames * 9);
  const gaze = new Mean(2);
  const depth = new Mean(size * size);
  const rgb = new Mean(size * size * 3);
  for (let first = 0; first < clips.length; first += BATCH) {
    const batch = clips.slice(first, first + BATCH);
    for (const clip of batch) {
      if (clip.camera) camera.add(clip.camera);
      clip.gaze?.valid.forEach((valid, t) => {
        if (valid) gaze.add(clip.gaze!.xy.subarray(2 * t, 2 * t + 2));
      });
    }
    const [depths, colours] = [batch.flatMap((clip) => clip.depth ?? []), batch.flatMap((clip) => clip.rgb ?? [])];
    for (const video of await Promise.all(depths.map((clip) => clip.read(size)))) depth.addFrames(video);
    for (const video of await Promise.all(colours.map((clip) => clip.read(size)))) rgb.addFrames(video);
  }
  const point = gaze.value();
  return {
    camera: camera.value(),
    gaze: point && [point[0], point[1]],
    depth: depth.value(),
    rgb: rgb.value(),
  };
}

/** Element-wise mean of arrays. */
class Mean {
  private readonly sum: Float64Array;
  private count = 0;

  constructor(length: number) {
    this.sum = new Float64Array(length);
  }

  add(values: ArrayLike<number>): void {
    for (let i = 0; i < this.sum.length; i++) this.sum[i] += values[i];
    this.count++;
  }

  addFrames(frames: Uint8Array): void {
    for (let at = 0; at < frames.length; at += this.sum.length) this.add(frames.subarray(at, at + this.sum.length));
  }

  value(): Float32Array | undefined {
    return this.count === 0 ? undefined : Float32Array.from(this.sum, (sum) => sum / this.count);
  }
}

/** A camera that stands still. */
export function standingStill(frames: number): Pose[] {
  return Array<Pose>(frames).fill(identityPose);
}

/** A camera that goes on as it moves between its first two true frames: it knows more than the model, which sees images only. */
export function constantVelocity(truth: readonly Pose[]): Pose[] {
  const poses = [identityPose];
  while (poses.length < truth.length) poses.push(compose(poses.at(-1)!, truth[1])); // truth[0] is the identity
  return poses;
}

/** The mean camera of training as poses. */
export function meanTrajectory(camera: Float32Array): Pose[] {
  return fromNineNumbers(camera);
}

/** The same frame `times` times. */
export function repeated(frame: Float32Array, times: number): Float32Array {
  const all = new Float32Array(frame.length * times);
  for (let t = 0; t < times; t++) all.set(frame, t * frame.length);
  return all;
}
