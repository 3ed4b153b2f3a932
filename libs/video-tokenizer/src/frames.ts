import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** Frames that go through the tokenizer together. */
export const WINDOW = 17;
/** 1 + a multiple of this many frames, also for the model that compresses time by 4. */
const TIME_ALIGNMENT = 8;
const SPACE_ALIGNMENT = 16;

/** Frames or pixels added on the two sides of an axis. */
type Padding = [before: number, after: number];

const aligned = (length: number, alignment: number): Padding => {
  const missing = (alignment - (length % alignment)) % alignment;
  return [missing >> 1, missing - (missing >> 1)];
};

export interface PaddedVideo {
  /** `[batch, time', height', width', 3]` in [-1, 1] */
  video: Tensor;
  padding: { time: Padding; height: Padding; width: Padding };
}

/**
 * Pixels as the tokenizer wants them: 2 x / 255 - 1, frames repeated at the ends to 1 + 8 n (16 become 17 by one more last frame),
 * black borders to sides that are multiples of 16.
 *
 * @param pixels `[batch, time, height, width, 3]` in [0, 255], at most 17 frames
 */
export function padVideo(pixels: Tensor): PaddedVideo {
  const [batch, time, height, width, channels] = pixels.shape;
  if (pixels.rank !== 5 || channels !== 3 || time! > WINDOW)
    throw new Error(`video tokenizer: expected [batch, at most ${WINDOW}, height, width, 3], got [${pixels.shape}]`);
  const padding = {
    time: aligned(time! - 1, TIME_ALIGNMENT),
    height: aligned(height!, SPACE_ALIGNMENT),
    width: aligned(width!, SPACE_ALIGNMENT),
  };
  const video = tf.tidy(() => {
    const frame = (t: number) => tf.slice(pixels, [0, t, 0, 0, 0], [batch, 1, height!, width!, 3]);
    const [before, after] = padding.time;
    const frames = [...Array<Tensor>(before).fill(frame(0)), pixels, ...Array<Tensor>(after).fill(frame(time! - 1))];
    const long = frames.length === 1 ? pixels : tf.concat(frames, 1);
    return tf.sub(tf.mul(tf.pad(long, [[0, 0], [0, 0], padding.height, padding.width, [0, 0]]), 2 / 255), 1); // prettier-ignore
  });
  return { video, padding };
}

/** What {@link padVideo} had been given: pixels in [0, 255], clipped but not rounded. */
export function unpadVideo(video: Tensor, { time, height, width }: PaddedVideo['padding']): Tensor {
  return tf.tidy(() => {
    const pixels = tf.mul(tf.add(tf.clipByValue(video, -1, 1), 1), 127.5);
    const length = (axis: number, [before, after]: Padding) => video.shape[axis]! - before - after;
    const sizes = [video.shape[0], length(1, time), length(2, height), length(3, width), 3];
    return tf.slice(pixels, [0, time[0], height[0], width[0], 0], sizes);
  });
}

/** Where the windows of a video begin and end. */
export function windows(numFrames: number): { begin: number; end: number }[] {
  return Array.from({ length: Math.ceil(numFrames / WINDOW) }, (_, i) => ({
    begin: i * WINDOW,
    end: Math.min((i + 1) * WINDOW, numFrames),
  }));
}
