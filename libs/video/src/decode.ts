import { UserError } from '@egolab/foundation';
import { ffmpegEnd, startFfmpeg } from './ffmpeg.ts';
import type { Frames } from './encode.ts';
import { ffmpegInput, type Media, mediaName } from './media.ts';
import { damaged, probe, unreadable, type VideoInfo } from './probe.ts';
import { clipPaddingColour, shortestEdgeSize } from './resize.ts';
import { clipFrames, type FrameSampler, type TimeWindow } from './sampling.ts';

/** How frames come out of the decoder. */
export interface FrameSize {
  /** side of the square output in pixels; without it frames keep their own size */
  readonly size?: number;
  /**
   * `crop`: shortest edge to `size`, centre crop (CLIPImageProcessor; what the public inference code does).
   * `pad`: first filled to a square with the mean colour (the public training code). Default `pad`: nothing is lost.
   */
  readonly aspect?: 'pad' | 'crop';
}

export interface ClipOptions extends FrameSize {
  readonly numFrames: number;
  readonly sampler: FrameSampler;
}

/** A decoded clip: {@link Frames} and, per frame, its index in the video. */
export interface Clip extends Frames {
  readonly indices: readonly number[];
}

/** Frames further apart than this are reached by a seek of their own, seconds: 16 frames of a three-minute clip lie 11 s apart. */
const seekGap = 8;
/** Wanted frames at most this far apart form one stretch; what lies between is decoded anyway, and dropped. */
const stretchGap = 8;
/** Stretches that one filter selects; more are left to another pass. */
const maxStretches = 64;

/** Decode the frames that stand for one time window: uint8 `[numFrames, height, width, 3]`. */
export async function decodeFrames(media: Media, options: ClipOptions & TimeWindow): Promise<Clip> {
  const [clip] = await decodeClips(media, [options], options);
  return clip;
}

/** Decode several time windows of one video in one pass over it. */
export async function decodeClips(media: Media, windows: readonly TimeWindow[], options: ClipOptions): Promise<Clip[]> {
  const info = await probe(media);
  const lists = windows.map((window) => framesOfWindow(media, info, window, options));
  const clips = new Array<Clip>(windows.length);
  await streamClips(media, info, lists, options, (index, clip) => {
    clips[index] = clip;
  });
  return clips;
}

/** Decode every frame at the video's own size. Whole in memory: for short videos. */
export async function readVideo(media: Media): Promise<Frames & { readonly fps: number }> {
  const info = await probe(media);
  let whole: Clip | undefined;
  const all = Array.from({ length: info.numFrames }, (_, index) => index);
  await streamClips(media, info, [all], {}, (_, clip) => {
    whole = clip;
  });
  return { ...whole!, fps: info.fps };
}

/**
 * The frame indices of a window.
 * @throws UserError when it starts after the video's end
 */
export function framesOfWindow(media: Media, info: VideoInfo, window: TimeWindow, options: ClipOptions): number[] {
  const earliest = Math.min(window.start ?? 0, window.end ?? Infinity);
  if (earliest > info.duration) {
    throw new UserError({
      what: `the clip starts at ${earliest.toFixed(3)} s, but the video ends at ${info.duration.toFixed(3)} s`,
      where: mediaName(media),
      mend: 'the annotation belongs to another video, or the video was cut: copy it again',
    });
  }
  return clipFrames(window, info, options.numFrames, options.sampler);
}

/**
 * Decode lists of frames and hand each over as soon as it is complete, so that memory holds only the clips that overlap.
 * @param lists per clip its frame indices in the video, ascending, repeats allowed
 */
export async function streamClips(
  media: Media,
  info: VideoInfo,
  lists: readonly (readonly number[])[],
  frameSize: FrameSize,
  onClip: (index: number, clip: Clip) => void | Promise<void>,
  threads?: number,
): Promise<void> {
  const { height, width, filters } = frameTransform(info, frameSize);
  const frameBytes = height * width * 3;
  const users = clipsByFrame(lists);
  const open = new Map<number, Uint8Array>();
  const take = async (frame: number, pixels: Uint8Array) => {
    for (const clip of users.get(frame) ?? []) {
      const indices = lists[clip];
      const data = open.get(clip) ?? new Uint8Array(indices.length * frameBytes);
      open.set(clip, data);
      for (let t = indices.indexOf(frame); indices[t] === frame; t++) data.set(pixels, t * frameBytes);
      if (indices[indices.length - 1] !== frame) continue;
      open.delete(clip);
      await onClip(clip, { data, numFrames: indices.length, height, width, indices });
    }
  };
  const wanted = [...users.keys()].sort((a, b) => a - b);
  for (const pass of planPasses(info, wanted)) {
    await decodePass(media, info, pass, { filters, frameBytes, threads }, take);
  }
}

/** Frame index -> the clips that show it. */
function clipsByFrame(lists: readonly (readonly number[])[]): Map<number, number[]> {
  const users = new Map<number, number[]>();
  lists.forEach((indices, clip) => {
    for (const frame of new Set(indices)) {
      const clips = users.get(frame);
      if (clips) clips.push(clip);
      else users.set(frame, [clip]);
    }
  });
  return users;
}

/** Cut an ascending list wherever two neighbours are more than `gap` apart. */
function splitAtGaps(frames: readonly number[], gap: number): number[][] {
  const parts: number[][] = [];
  for (const frame of frames) {
    const part = parts.at(-1);
    if (part && frame - part[part.length - 1] <= gap) part.push(frame);
    else parts.push([frame]);
  }
  return parts;
}

/** What each pass over the file decodes: stretches of frames, first and last included. */
function planPasses(info: VideoInfo, wanted: readonly number[]): [number, number][][] {
  const gap = info.timestamps ? Math.ceil(seekGap * info.fps) : Infinity;
  return splitAtGaps(wanted, gap).flatMap((frames) => {
    const stretches = splitAtGaps(frames, stretchGap).map((part): [number, number] => [part[0], part[part.length - 1]]);
    const passes = Math.ceil(stretches.length / maxStretches);
    return Array.from({ length: passes }, (_, i) => stretches.slice(i * maxStretches, (i + 1) * maxStretches));
  });
}

interface Pass {
  readonly filters: readonly string[];
  readonly frameBytes: number;
  readonly threads: number | undefined;
}

/** One ffmpeg process: seek just before the first frame, select by frame number, hand over each frame. */
async function decodePass(
  media: Media,
  info: VideoInfo,
  stretches: readonly (readonly [number, number])[],
  { filters, frameBytes, threads }: Pass,
  take: (frame: number, pixels: Uint8Array) => Promise<void>,
): Promise<void> {
  const { seek, origin } = seekTo(info, stretches[0][0]);
  const passed = stretches.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  const select = stretches.map(([from, to]) => `between(n,${from - origin},${to - origin})`).join('+');
  const child = startFfmpeg([
    ...(threads ? ['-threads', String(threads)] : []),
    ...seek,
    ...ffmpegInput(media),
    ...['-map', '0:v:0', '-vf', [`select='${select}'`, ...filters].join(',')],
    ...['-fps_mode', 'passthrough', '-frames:v', String(passed.length), '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
  ]);
  child.stdin.end();
  const ended = ffmpegEnd(child);
  ended.catch(() => undefined); // waited for below, unless a frame could not be taken
  let seen = 0;
  for await (const pixels of framesOf(child.stdout, frameBytes)) await take(passed[seen++], pixels);
  const { stderr } = await ended;
  if (seen < passed.length || damaged(stderr)) {
    const what = `the video is cut or damaged: frame ${passed[Math.min(seen, passed.length - 1)]} of ${info.numFrames} cannot be decoded`;
    throw unreadable(media, stderr, what);
  }
}

/** Arguments that make ffmpeg's first frame the one numbered `origin`. */
function seekTo(info: VideoInfo, first: number): { seek: string[]; origin: number } {
  const { timestamps } = info;
  if (!timestamps || timestamps[first] - timestamps[0] < seekGap) return { seek: [], origin: 0 };
  const between = (timestamps[first - 1] + timestamps[first]) / 2;
  return { seek: ['-ss', between.toFixed(6)], origin: first };
}

/** Cut a byte stream into frames; each is valid until the next is asked for. */
async function* framesOf(stream: AsyncIterable<Buffer>, frameBytes: number): AsyncGenerator<Uint8Array> {
  const frame = new Uint8Array(frameBytes);
  let filled = 0;
  for await (const chunk of stream) {
    for (let offset = 0; offset < chunk.length;) {
      const part = Math.min(frameBytes - filled, chunk.length - offset);
      frame.set(chunk.subarray(offset, offset + part), filled);
      filled += part;
      offset += part;
      if (filled < frameBytes) continue;
      filled = 0;
      yield frame;
    }
  }
}

/** ffmpeg filters for pad/crop and resize, and the size that comes out. Planar RGB keeps channels apart while scaling. */
function frameTransform(info: VideoInfo, { size, aspect = 'pad' }: FrameSize) {
  const rgb = 'scale=flags=bicubic+accurate_rnd+full_chroma_int,format=gbrp';
  const { height, width } = info;
  if (size === undefined) return { height, width, filters: [rgb] };
  const filters = [rgb];
  let target = { height: size, width: size };
  if (aspect === 'pad' && height !== width) {
    const side = Math.max(height, width);
    const left = Math.floor((side - width) / 2);
    const top = Math.floor((side - height) / 2);
    const colour = clipPaddingColour.map((value) => value.toString(16).padStart(2, '0')).join('');
    filters.push(`pad=${side}:${side}:${left}:${top}:color=0x${colour}`);
  } else if (aspect === 'crop') {
    target = shortestEdgeSize(height, width, size);
  }
  filters.push(`scale=${target.width}:${target.height}:flags=bicubic+accurate_rnd:param0=0:param1=0.5`);
  if (target.width !== size || target.height !== size) {
    const [left, top] = [Math.floor((target.width - size) / 2), Math.floor((target.height - size) / 2)];
    filters.push(`crop=${size}:${size}:${left}:${top}`);
  }
  return { height: size, width: size, filters };
}
