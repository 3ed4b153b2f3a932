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

/** Frames and pixels of a video that goes through the tokenizer at once. */
export interface WindowSize {
  frames: number;
  height: number;
  width: number;
}

const paddings = ({ frames, height, width }: WindowSize) => ({
  time: aligned(frames - 1, TIME_ALIGNMENT),
  height: aligned(height, SPACE_ALIGNMENT),
  width: aligned(width, SPACE_ALIGNMENT),
});

/** A window's size once it is padded. */
export function paddedSize(size: WindowSize): WindowSize {
  const { time, height, width } = paddings(size);
  const longer = (length: number, [before, after]: Padding) => before + length + after;
  return {
    frames: longer(size.frames, time),
    height: longer(size.height, height),
    width: longer(size.width, width),
  };
}

/**
 * Pixels as the tokenizer wants them: 2 x / 255 - 1, frames repeated at the ends to 1 + 8 n (16 become 17 by one more last frame),
 * black borders to sides that are multiples of 16.
 *
 * @param pixels `[batch, time, height, width, 3]` in [0, 255], at most 17 frames
 */
export function padVideo(pixels: Tensor): Tensor {
  const [batch, frames, height, width, channels] = pixels.shape;
  if (pixels.rank !== 5 || channels !== 3 || frames! > WINDOW)
    throw new Error(`video tokenizer: expected [batch, at most ${WINDOW}, height, width, 3], got [${pixels.shape}]`);
  const padding = paddings({ frames: frames!, height: height!, width: width! });
  return tf.tidy(() => {
    const frame = (t: number) => tf.slice(pixels, [0, t, 0, 0, 0], [batch, 1, height!, width!, 3]);
    const [before, after] = padding.time;
    const all = [...Array<Tensor>(before).fill(frame(0)), pixels, ...Array<Tensor>(after).fill(frame(frames! - 1))];
    const long = all.length === 1 ? pixels : tf.concat(all, 1);
    const framed = tf.pad(long, [[0, 0], [0, 0], padding.height, padding.width, [0, 0]]); // prettier-ignore
    return tf.sub(tf.mul(framed, 2 / 255), 1);
  });
}

/** The pixels of a padded video of that size: `[batch, time, height, width, 3]` in [0, 255], clipped but not rounded. */
export function unpadVideo(video: Tensor, size: WindowSize): Tensor {
  const { time, height, width } = paddings(size);
  return tf.tidy(() => {
    const pixels = tf.mul(tf.add(tf.clipByValue(video, -1, 1), 1), 127.5);
    return tf.slice(
      pixels,
      [0, time[0], height[0], width[0], 0],
      [video.shape[0], size.frames, size.height, size.width, 3],
    );
  });
}

/** Where the windows of a video begin and end. */
export function windows(numFrames: number): { begin: number; end: number }[] {
  return Array.from({ length: Math.ceil(numFrames / WINDOW) }, (_, i) => ({
    begin: i * WINDOW,
    end: Math.min((i + 1) * WINDOW, numFrames),
  }));
}
