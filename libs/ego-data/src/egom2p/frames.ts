import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import {
  centreCrop,
  probe,
  readGreyPng,
  readPng,
  readVideo,
  resizeBicubic,
  type RgbImage,
  streamClips,
} from '@egolab/video';
import { cleanSensorDepth } from './depth-standardisation.ts';
import type { DepthSource, FrameSource } from './recording.ts';

/**
 * Frames of a video file. Reads that are asked for together, as for several clips of a recording, are one pass over it.
 * @param crop side of the middle square in pixels; default the shorter side
 * @throws UserError for a video that is missing, cut or smaller than the crop
 */
export async function videoFrames(file: string, crop?: number): Promise<FrameSource> {
  const info = await probe(file);
  const { fps, numFrames, height, width } = info;
  const side = Math.min(height, width);
  if (crop !== undefined && crop > side)
    throw new UserError({ what: `expected frames of at least ${crop}x${crop}, got ${width}x${height}`, where: file });
  const whole = crop === undefined || crop === side;
  const decode = async (lists: readonly (readonly number[])[], size: number) => {
    const decoded: Uint8Array[] = [];
    const format = whole ? ({ size, aspect: 'crop' } as const) : {};
    await streamClips(file, info, lists, format, (list, { data }) => {
      const image = (t: number) => data.subarray(t * height * width * 3, (t + 1) * height * width * 3);
      const images = () => lists[list].map((_, t) => ({ data: image(t), height, width }));
      decoded[list] = whole ? data : squares(images(), crop, size);
    });
    return decoded;
  };
  const readTogether = together(decode);
  const read = async (times: readonly number[], size: number) =>
    readTogether(times.map((time) => frameAt(time, fps, numFrames, file)), size); // prettier-ignore
  return { duration: numFrames / fps, read };
}

interface WaitingRead {
  indices: readonly number[];
  size: number;
  resolve: (frames: Uint8Array) => void;
  reject: (reason: unknown) => void;
}

/** Reads of one size that are asked for before anything else happens wait for each other, and are decoded at once. */
function together(
  decode: (lists: readonly (readonly number[])[], size: number) => Promise<Uint8Array[]>,
): (indices: readonly number[], size: number) => Promise<Uint8Array> {
  let waiting: WaitingRead[] = [];
  const decodeWaiting = async () => {
    const reads = waiting;
    waiting = [];
    for (const size of new Set(reads.map((read) => read.size))) {
      const own = reads.filter((read) => read.size === size);
      const decoded = decode(own.map(({ indices }) => indices), size); // prettier-ignore
      await decoded.then(
        (frames) => own.forEach(({ resolve }, i) => resolve(frames[i])),
        (reason) => own.forEach(({ reject }) => reject(reason)),
      );
    }
  };
  return (indices, size) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(() => void decodeWaiting());
      waiting.push({ indices, size, resolve, reject });
    });
}

/** Index of the frame nearest to a time; a time between two takes the later. */
function frameAt(time: number, fps: number, count: number, where: string): number {
  const index = Math.floor(time * fps + 0.5 + 1e-9);
  if (index < count) return index;
  throw new UserError({
    what: `expected a frame at ${time.toFixed(3)} s, but there are ${count} frames at ${fps} per second`,
    where,
    mend: 'the video is shorter than its other streams: copy it again',
  });
}

/** Files of a folder with one of the endings, in the order of their names. */
export function imageFiles(folder: string, ...endings: readonly string[]): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => endings.some((ending) => name.toLowerCase().endsWith(ending)))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

/** Frames that are image files, JPEG or PNG, in order. */
export function imageFrames(files: readonly string[], fps: number): FrameSource {
  const read = async (times: readonly number[], size: number) => {
    const chosen = times.map((time) => files[frameAt(time, fps, files.length, files[0])]);
    const images = await Promise.all(chosen.map(readImage));
    return squares(images, undefined, size);
  };
  return { duration: files.length / fps, read };
}

async function readImage(file: string): Promise<RgbImage> {
  return file.toLowerCase().endsWith('.png') ? readPng(file) : readVideo(file);
}

/** Middle squares, resized: uint8 `[images, size, size, 3]`. */
function squares(images: readonly RgbImage[], crop: number | undefined, size: number): Uint8Array {
  const out = new Uint8Array(images.length * size * size * 3);
  images.forEach((image, t) => {
    const side = crop ?? Math.min(image.height, image.width);
    out.set(resizeBicubic(centreCrop(image, side, side), size, size).data, t * size * size * 3);
  });
  return out;
}

/**
 * Depth in 16-bit grey PNG files, millimetres, 0 where unknown. Pixels are picked (nearest), never mixed across edges.
 * @param sensor whether holes are filled and noise is filtered (Kinect, RealSense); rendered depth is taken as it is
 */
export function depthImages(files: readonly string[], fps: number, sensor: boolean): DepthSource {
  const read = (times: readonly number[], size: number) => {
    const out = new Float32Array(times.length * size * size);
    times.forEach((time, t) => {
      const metres = pickSquare(files[frameAt(time, fps, files.length, files[0])], size);
      out.set(sensor ? cleanSensorDepth(metres, size, size) : metres, t * size * size);
    });
    return Promise.resolve(out);
  };
  return { duration: files.length / fps, read };
}

function pickSquare(file: string, size: number): Float32Array {
  const { data, height, width } = readGreyPng(file);
  const side = Math.min(height, width);
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  const at = (i: number) => Math.floor(((i + 0.5) * side) / size);
  return Float32Array.from({ length: size * size }, (_, i) => {
    const [y, x] = [at(Math.floor(i / size)), at(i % size)];
    return data[(top + y) * width + left + x] / 1000;
  });
}
