/**
 * Clips from timestamps, equation 1 of the paper: narration i at t_i becomes
 *   start_i = max(t_i - beta / (2 alpha), t_(i-1)),   end_i = min(t_i + beta / (2 alpha), t_(i+1)),
 * beta being the mean distance of consecutive narrations of the take, (t_n - t_0) / n, zero distances included.
 */

/** The paper's alpha: the mean of beta over all of Ego-ExoClip, seconds. */
export const paperAlpha = 1.92;

export interface WindowOptions {
  /** seconds; default {@link paperAlpha} */
  readonly alpha?: number;
  /**
   * `pooled` (default): both annotators' sentences form one sequence, so beta and the neighbours come from all of them.
   * `per-narrator`: each annotator's sentences are a sequence of their own. The paper does not say which.
   */
  readonly beta?: 'pooled' | 'per-narrator';
  /** the take's length in seconds, where known: no clip goes past it */
  readonly duration?: number;
}

export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * The clip of each timestamp of one sequence, in the order given; the timestamps may come unsorted. Equal ones keep
 * their order, and share their instant as a boundary: the middle one of three has length zero.
 * A single narration has no distance to a neighbour: beta is then alpha, its own mean over the data set, and the clip is
 * one second long.
 * @returns per timestamp a window inside [0, duration] with start <= min(t, duration) <= end
 */
export function windowsOf(
  timestamps: readonly number[],
  { alpha = paperAlpha, duration = Infinity }: WindowOptions = {},
): Window[] {
  const order = timestamps.map((_, index) => index).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  const half = meanGap(timestamps, alpha) / (2 * alpha);
  const windows = new Array<Window>(timestamps.length);
  order.forEach((index, rank) => {
    const time = timestamps[index];
    const previous = rank > 0 ? timestamps[order[rank - 1]] : 0;
    const next = rank + 1 < order.length ? timestamps[order[rank + 1]] : Infinity;
    const start = Math.max(time - half, previous, 0);
    const end = Math.min(time + half, next);
    windows[index] = { start: Math.min(start, duration), end: Math.min(end, duration) };
  });
  return windows;
}

/** beta: the mean distance of consecutive timestamps in seconds; `single` when there is only one. */
export function meanGap(timestamps: readonly number[], single: number): number {
  if (timestamps.length < 2) return single;
  let [first, last] = [Infinity, -Infinity];
  for (const time of timestamps) [first, last] = [Math.min(first, time), Math.max(last, time)];
  return (last - first) / (timestamps.length - 1);
}

/** The clip of each narration of a take, in the order given; see {@link windowsOf}. */
export function narrationWindows(
  narrations: readonly { readonly timestamp: number; readonly annotator: string }[],
  options: WindowOptions = {},
): Window[] {
  if (options.beta !== 'per-narrator')
    return windowsOf(
      narrations.map(({ timestamp }) => timestamp),
      options,
    );
  const windows = new Array<Window>(narrations.length);
  for (const annotator of new Set(narrations.map((narration) => narration.annotator))) {
    const own = narrations.flatMap((narration, index) => (narration.annotator === annotator ? index : []));
    const ownWindows = windowsOf(
      own.map((index) => narrations[index].timestamp),
      options,
    );
    own.forEach((index, i) => (windows[index] = ownWindows[i]));
  }
  return windows;
}
