import { roundHalfEven } from './losses.ts';

/** Features of one video, row-major. */
export interface VideoFeatures {
  /** `[length, dim]` */
  readonly data: Float32Array;
  readonly length: number;
  readonly dim: number;
}

/** Ego4D's features: one for 16 frames of 30 a second. */
export const ego4dFeatureRate = 30 / 16;

/**
 * The features of a clip in its video, first and last included, as Ego4D's baseline cuts them.
 *
 * @param start second of the video at which the clip begins
 * @param rate features a second
 * @throws RangeError when the video's features end before the clip begins
 */
export function clipFeatures(video: VideoFeatures, start: number, end: number, rate = ego4dFeatureRate): VideoFeatures {
  const first = Math.trunc(start * rate);
  const last = Math.min(Math.trunc(end * rate), video.length - 1);
  if (first < 0 || last < first)
    throw new RangeError(`expected features ${first} to ${Math.trunc(end * rate)}, got ${video.length}`);
  const { dim } = video;
  return { data: video.data.slice(first * dim, (last + 1) * dim), length: last + 1 - first, dim };
}

/** The seconds that a clip's features are taken to cover: whole features only, as the baseline counts its duration. */
export const clipDuration = (seconds: number, rate = ego4dFeatureRate): number => Math.trunc(seconds * rate) / rate;

/**
 * At most `length` features: longer videos are cut into that many runs, each of which becomes its mean. As in the public
 * code borders round half to even, and the last feature is in no run but one of its own.
 */
export function resampled(video: VideoFeatures, length: number): VideoFeatures {
  if (video.length <= length) return video;
  const { dim } = video;
  const border = (i: number) => Math.min(roundHalfEven((i / length) * video.length), video.length - 1);
  const data = new Float32Array(length * dim);
  for (let i = 0; i < length; i++) {
    const first = border(i);
    const beyond = Math.max(border(i + 1), first + 1);
    for (let channel = 0; channel < dim; channel++) {
      let sum = 0;
      for (let row = first; row < beyond; row++) sum += video.data[row * dim + channel];
      data[i * dim + channel] = sum / (beyond - first);
    }
  }
  return { data, length, dim };
}
