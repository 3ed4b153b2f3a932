import type { Pose, Trajectory } from './pose.ts';
import { add, fromQuaternion, scale, slerp, toQuaternion } from './rotation.ts';

/** Times of a clip's frames in seconds: `start + i / fps`. */
export function frameTimes(start: number, frames: number, fps: number): number[] {
  return Array.from({ length: frames }, (_, i) => start + i / fps);
}

/** Two neighbouring samples around a time and how far between them it lies; equal ends for a time on a sample. */
interface Neighbours {
  readonly before: number;
  readonly after: number;
  readonly fraction: number;
}

/**
 * @param maxGap neighbours further apart don't speak for what is between them, seconds
 * @param reach a time beyond the first or last sample, or inside a gap, takes a sample at most this far away
 */
function neighbours(times: readonly number[], time: number, maxGap: number, reach: number): Neighbours | undefined {
  const after = firstNotBefore(times, time);
  const on = (index: number) => ({ before: index, after: index, fraction: 0 });
  if (after < times.length && times[after] === time) return on(after);
  const before = after - 1;
  const inside = before >= 0 && after < times.length;
  if (inside && times[after] - times[before] <= maxGap)
    return { before, after, fraction: (time - times[before]) / (times[after] - times[before]) };
  const near = [before, after].filter((index) => index >= 0 && index < times.length);
  const best = near.find((index) => Math.abs(times[index] - time) <= reach);
  return best === undefined ? undefined : on(best);
}

/** Index of the first sample at or after a time. */
function firstNotBefore(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface ResampleOptions {
  /** largest distance of two samples that are interpolated, seconds */
  readonly maxGap: number;
  /** how far a time without two such neighbours may be from a sample to take its value; default half a frame at 30 fps */
  readonly reach?: number;
}

const halfFrame = 1 / 60 + 1e-9;

/**
 * Poses at given times: translation linear, rotation by slerp. Undefined where tracking has a gap or hasn't begun.
 * @param times seconds on the trajectory's clock
 */
export function resamplePoses(
  { timestamps, poses }: Trajectory,
  times: readonly number[],
  { maxGap, reach = halfFrame }: ResampleOptions,
): (Pose | undefined)[] {
  return times.map((time) => {
    const found = neighbours(timestamps, time, maxGap, reach);
    if (!found) return undefined;
    const [a, b] = [poses[found.before], poses[found.after]];
    if (found.fraction === 0) return a;
    const rotation = slerp(toQuaternion(a.rotation), toQuaternion(b.rotation), found.fraction);
    const translation = add(scale(a.translation, 1 - found.fraction), scale(b.translation, found.fraction));
    return { rotation: fromQuaternion(rotation), translation };
  });
}

/** A point in time, undefined while it isn't tracked. */
export interface TimedPoint {
  readonly time: number;
  readonly point: readonly [number, number] | undefined;
}

/**
 * Gaze points at given times. The release doesn't tell how 10 Hz gaze becomes 30 Hz: here points between two tracked
 * neighbours are linear (fixations stay fixed, a saccade becomes a ramp of at most one sample interval), and nothing is
 * invented across a lost sample.
 *
 * @param samples ascending in time; lost samples are undefined and end the stretch that is interpolated
 */
export function resamplePoints(
  samples: readonly TimedPoint[],
  times: readonly number[],
  { maxGap, reach = halfFrame }: ResampleOptions,
): (readonly [number, number] | undefined)[] {
  const stamps = samples.map(({ time }) => time);
  return times.map((time) => {
    const found = neighbours(stamps, time, maxGap, reach);
    if (!found) return undefined;
    const [a, b] = [samples[found.before].point, samples[found.after].point];
    const { fraction } = found;
    if (!a || !b) {
      const nearest = fraction < 0.5 ? found.before : found.after;
      return Math.abs(stamps[nearest] - time) <= reach ? samples[nearest].point : undefined;
    }
    return [a[0] + (b[0] - a[0]) * fraction, a[1] + (b[1] - a[1]) * fraction];
  });
}
