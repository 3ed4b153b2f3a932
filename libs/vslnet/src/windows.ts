/** A window in seconds of the clip. */
export type TimeWindow = readonly [start: number, end: number];

/** Positions of a window's first and last feature. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** probability of the start times that of the end */
  readonly probability: number;
}

/**
 * The `count` most probable spans of one video, start at or before end, by the product of both probabilities; of equal ones
 * the earlier start, then the earlier end. As in the public code overlapping spans aren't suppressed, so five neighbours are
 * the usual answer.
 *
 * @param start logits `[time]`, without padding
 * @param end logits `[time]`
 */
export function bestSpans(start: ArrayLike<number>, end: ArrayLike<number>, count = 5): Span[] {
  const [starts, ends] = [softmax(start), softmax(end)];
  const best: Span[] = [];
  for (let first = 0; first < starts.length; first++) {
    for (let last = first; last < ends.length; last++) {
      const probability = starts[first] * ends[last];
      if (best.length === count && probability <= best[count - 1].probability) continue;
      const place = best.findIndex((span) => span.probability < probability);
      best.splice(place < 0 ? best.length : place, 0, { start: first, end: last, probability });
      best.length = Math.min(best.length, count);
    }
  }
  return best;
}

function softmax(logits: ArrayLike<number>): Float64Array {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]);
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Seconds of a span: from where its first position begins to where its last one ends. */
export function spanWindow({ start, end }: Pick<Span, 'start' | 'end'>, length: number, duration: number): TimeWindow {
  return [(start * duration) / length, ((end + 1) * duration) / length];
}

/**
 * The span whose seconds overlap a window most (largest intersection over union; of equal ones the earliest).
 *
 * @returns undefined when none does, as for a window of length zero (8.6 % of Ego4D's): the public code then trains with the
 * first position
 */
export function windowSpan(
  window: TimeWindow,
  length: number,
  duration: number,
): Omit<Span, 'probability'> | undefined {
  let best: Omit<Span, 'probability'> | undefined;
  let largest = 0;
  for (let start = 0; start < length; start++) {
    for (let end = start; end < length; end++) {
      const [a, b] = spanWindow({ start, end }, length, duration);
      const overlap = Math.min(b, window[1]) - Math.max(a, window[0]);
      const share = overlap / (Math.max(b, window[1]) - Math.min(a, window[0]));
      if (overlap > 0 && share > largest) [best, largest] = [{ start, end }, share];
    }
  }
  return best;
}
