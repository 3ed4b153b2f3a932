/** Seconds. */
export type TimeWindow = readonly [start: number, end: number];

/** A query: its windows, best first, and the true one. */
export interface GroundedQuery {
  readonly predicted: readonly TimeWindow[];
  readonly truth: TimeWindow;
}

/**
 * Overlap of two windows over the length of their hull. For windows that overlap the hull is the union; for others the
 * overlap is 0 either way. NaN for two windows of length zero at one place.
 */
export function temporalIou([startA, endA]: TimeWindow, [startB, endB]: TimeWindow): number {
  const overlap = Math.max(0, Math.min(endA, endB) - Math.max(startA, startB));
  return overlap / Math.max(0, Math.max(endA, endB) - Math.min(startA, startB));
}

/**
 * R@n, IoU=m of natural language queries (Ego4D's episodic memory evaluation): the share of queries, in percent, one of
 * whose first n windows overlaps the truth by strictly more than m. A true window of length zero is never found.
 */
export function recallAtIou(queries: readonly GroundedQuery[], n: number, threshold: number): number {
  let found = 0;
  for (const { predicted, truth } of queries)
    if (predicted.slice(0, n).some((window) => temporalIou(window, truth) > threshold)) found++;
  return (100 * found) / queries.length;
}
