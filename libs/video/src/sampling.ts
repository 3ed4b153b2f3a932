/**
 * Which frames of a video a model sees. The two code generations of VideoLLaMA2, which Exo2Ego builds on, choose different
 * frames, and AVION, which EgoDTM builds on, others again, so the sampler is part of the configuration.
 */
export const frameSamplers = ['videollama2-v1', 'videollama2-v1.5', 'avion'] as const;
export type FrameSampler = (typeof frameSamplers)[number];

/** Round half to even, as numpy and Python do; `Math.round` rounds halves up. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * `numFrames` indices spread uniformly over `total` frames; short clips repeat frames.
 * v1 (June 2024): with segment length s = (total - 1) / numFrames and bounds b_i = round(s i), index (b_i + b_(i+1)) div 2.
 * v1.5 (August 2024 on): the segment's middle, round(s (i + 1/2) + 1e-6). AVION: the middle, trunc(s (i + 1/2)).
 */
export function uniformFrames(total: number, numFrames: number, sampler: FrameSampler): number[] {
  if (!(Number.isInteger(total) && total > 0)) throw new Error(`expected a positive number of frames, got ${total}`);
  const segment = (total - 1) / numFrames;
  const middle = {
    'videollama2-v1': (i: number) => Math.floor((roundHalfEven(segment * i) + roundHalfEven(segment * (i + 1))) / 2),
    'videollama2-v1.5': (i: number) => roundHalfEven((segment * i + segment * (i + 1)) / 2 + 1e-6),
    avion: (i: number) => Math.trunc(segment * (i + 0.5)),
  }[sampler];
  return Array.from({ length: numFrames }, (_, i) => middle(i));
}

/** A stretch of a video in seconds; what is left out is the video's own begin or end. */
export interface TimeWindow {
  readonly start?: number;
  readonly end?: number;
}

/**
 * The frames of a time window, first and last included, as VideoLLaMA2 counts them:
 * first = max(trunc(start fps) - 1, 0), last = min(trunc(end fps) - 1, total - 1); negative times become 0, a reversed
 * window is turned round, an empty one (start = end) becomes a second long.
 * A window too short to hold a frame, where the reference fails, gives the nearest one.
 */
export function frameRange({ start, end }: TimeWindow, fps: number, total: number): { first: number; last: number } {
  let [from, to] = [start, end];
  if (from !== undefined && to !== undefined) {
    [from, to] = [Math.max(from, 0), Math.max(to, 0)];
    if (from > to) [from, to] = [to, from];
    else if (from === to) to = from + 1;
  }
  const first = from === undefined ? 0 : Math.min(Math.max(Math.trunc(from * fps) - 1, 0), total - 1);
  const last = to === undefined ? total - 1 : Math.min(Math.trunc(to * fps) - 1, total - 1);
  return { first, last: Math.max(last, first) };
}

/**
 * The frame indices that stand for a time window: {@link uniformFrames} over its {@link frameRange}. AVION's window runs from
 * round(start fps) to round(end fps).
 */
export function clipFrames(
  window: TimeWindow,
  video: { readonly fps: number; readonly numFrames: number },
  numFrames: number,
  sampler: FrameSampler,
): number[] {
  const range = sampler === 'avion' ? roundedRange : frameRange;
  const { first, last } = range(window, video.fps, video.numFrames);
  return uniformFrames(last - first + 1, numFrames, sampler).map((index) => first + index);
}

function roundedRange({ start = 0, end }: TimeWindow, fps: number, total: number): { first: number; last: number } {
  const frame = (seconds: number) => Math.min(Math.max(roundHalfEven(seconds * fps), 0), total - 1);
  const first = frame(start);
  return { first, last: end === undefined ? total - 1 : Math.max(first, frame(end)) };
}
