/** A window in seconds of the clip. */
export type TimeWindow = readonly [start: number, end: number];

/** Positions of a window's first and last feature. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** probability of the start times that of the end */
  readonly probability: number;
}

/** How many spans answer, and which don't. */
export interface SpanChoice {
  /** default: 5 */
  readonly count?: number;
  /**
   * non-maximum suppression: a span whose intersection over union with a more probable one is larger is left out. Default null:
   * none is, as in the public code, so five neighbours are the usual answer
   */
  readonly suppressAbove?: number | null;
  /**
   * positions of the longest span; default: all. Start and end are probable on their own, so that a likely start of one moment
   * and a likely end of another make a span that is longer than anything in the training set
   */
  readonly longest?: number;
}

/**
 * The most probable spans of one video, start at or before end, by the product of both probabilities; of equal ones the
 * earlier start, then the earlier end.
 *
 * @param start logits `[time]`, without padding
 * @param end logits `[time]`
 */
export function bestSpans(
  start: ArrayLike<number>,
  end: ArrayLike<number>,
  { count = 5, suppressAbove = null, longest = Infinity }: SpanChoice = {},
): Span[] {
  const [starts, ends] = [softmax(start), softmax(end)];
  const spans: Span[] = [];
  for (let first = 0; first < starts.length; first++) {
    for (let last = first; last < Math.min(ends.length, first + longest); last++)
      spans.push({ start: first, end: last, probability: starts[first] * ends[last] });
  }
  spans.sort((a, b) => b.probability - a.probability); // keeps the order of equal ones
  const best: Span[] = [];
  for (const span of spans) {
    if (best.length === count) break;
    if (suppressAbove === null || best.every((better) => overlap(better, span) <= suppressAbove)) best.push(span);
  }
  return best;
}

/** Intersection over union of two spans' positions. */
function overlap(a: Omit<Span, 'probability'>, b: Omit<Span, 'probability'>): number {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start) + 1;
  return shared <= 0 ? 0 : shared / (Math.max(a.end, b.end) - Math.min(a.start, b.start) + 1);
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
