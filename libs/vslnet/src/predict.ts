import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { VslnetConfig } from './config.ts';
import { resampled, type VideoFeatures } from './features.ts';
import { vslnet } from './vslnet.ts';
import { bestSpans, spanWindow, type SpanChoice, type TimeWindow } from './windows.ts';

/** What `bestSpans` can be told, in seconds. */
export interface WindowChoice extends Omit<SpanChoice, 'longest'> {
  /** seconds of the longest window, rounded to positions; default: those of the clip */
  readonly longestSeconds?: number;
}

/**
 * The windows that answer a query, best first. Video and query are alone in their batch, so no batch size changes the answer.
 *
 * @param query token features `[words, queryDim]`
 * @param duration seconds that the features cover
 * @returns windows in seconds of the clip, best first
 */
export function predictWindows(
  p: Scope,
  config: VslnetConfig,
  video: VideoFeatures,
  query: Tensor,
  duration: number,
  { longestSeconds, ...choice }: WindowChoice = {},
): TimeWindow[] {
  const { data, length, dim } = resampled(video, config.maxPositions);
  const longest = longestSeconds && Math.max(1, Math.round((longestSeconds * length) / duration));
  const [start, end] = tf.tidy(() => {
    const batch = {
      video: tf.tensor3d(data, [1, length, dim]),
      videoLengths: [length],
      query: tf.expandDims(query, 0),
      queryLengths: [query.shape[0]],
    };
    const logits = vslnet(p, config, batch);
    return [logits.start.dataSync(), logits.end.dataSync()];
  });
  return bestSpans(start, end, { ...choice, longest }).map((span) => spanWindow(span, length, duration));
}
