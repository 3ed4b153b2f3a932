import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bestSpans, clipDuration, clipFeatures, highlightLabels, resampled, spanWindow, windowSpan } from './index.ts';
import { roundHalfEven } from './losses.ts';

// made by tools/parity/vslnet.py from numpy
const fixtures = JSON.parse(readFileSync(new URL('fixtures/windows.json', import.meta.url), 'utf8')) as {
  spans: { start: number[]; end: number[]; cells: [number, number][] }[];
  windows: { window: [number, number]; length: number; duration: number; cell: [number, number] }[];
  features: { features: number[][]; length: number; averaged: number[][] }[];
};
const videoOf = (rows: number[][]) => ({
  data: Float32Array.from(rows.flat()),
  length: rows.length,
  dim: rows[0].length,
});

describe('spans', () => {
  it.each(fixtures.spans)('are the most probable cells of the upper triangle', ({ start, end, cells }) => {
    expect(bestSpans(start, end).map((span) => [span.start, span.end])).toEqual(cells);
  });

  it('of equal probability come in order, and there may be fewer than asked for', () => {
    expect(bestSpans([0, 0], [0, 0]).map((span) => [span.start, span.end])).toEqual([[0, 0], [0, 1], [1, 1]]); // prettier-ignore
    expect(bestSpans([3], [-3])).toEqual([{ start: 0, end: 0, probability: 1 }]);
    expect(bestSpans([2, 1], [0, 0], { count: 1 })).toMatchObject([{ start: 0, end: 0 }]);
  });
});

describe('spans that don’t answer', () => {
  const [start, end] = [[5, 4, 0, 3, 0, 0], [0, 5, 4, 0, 3, 0]]; // prettier-ignore
  const cells = (suppressAbove: number | null) =>
    bestSpans(start, end, { suppressAbove }).map((span) => [span.start, span.end]);

  it('leaves out what overlaps a better span by more than it says', () => {
    expect(cells(null)).toEqual([[0, 1], [0, 2], [1, 1], [0, 4], [1, 2]]); // prettier-ignore
    expect(cells(0.5)).toEqual([[0, 1], [1, 1], [0, 4], [1, 2], [3, 4]]); // prettier-ignore
    expect(cells(1)).toEqual(cells(null));
  });

  it('may be of a longest length', () => {
    const spans = bestSpans(start, end, { longest: 2, count: 3 });
    expect(spans.map((span) => [span.start, span.end])).toEqual([[0, 1], [1, 1], [1, 2]]); // prettier-ignore
  });

  it('at 0 leaves only spans apart', () => {
    const chosen = bestSpans(start, end, { suppressAbove: 0 });
    for (const [i, a] of chosen.entries())
      for (const b of chosen.slice(i + 1)) expect(a.end < b.start || b.end < a.start).toBe(true);
  });
});

describe('windows and positions', () => {
  it.each(fixtures.windows)('nearest cell of $window', ({ window, length, duration, cell: [start, end] }) => {
    expect(windowSpan(window, length, duration)).toEqual({ start, end });
  });

  it('are inverse where a window ends on borders', () => {
    expect(spanWindow({ start: 2, end: 3 }, 8, 16)).toEqual([4, 8]);
    expect(windowSpan([4, 8], 8, 16)).toEqual({ start: 2, end: 3 });
    expect(windowSpan([4, 4], 8, 16)).toBeUndefined(); // of length zero
    expect(windowSpan([20, 30], 8, 16)).toBeUndefined(); // beyond the clip
  });

  it('highlight rounds half to even, as Python does, inside the video', () => {
    expect([0.5, 1.5, 2.5, 2.4, 3].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3]);
    expect(highlightLabels({ start: 1, end: 5 }, 8, 9, 0.1)).toEqual([0, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect(highlightLabels({ start: 0, end: 6 }, 8, 9, 0.2)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });
});

describe('features', () => {
  it.each(fixtures.features)('are averaged down to $length', ({ features, length, averaged }) => {
    const result = resampled(videoOf(features), length);
    expect(result.length).toBe(length);
    averaged.flat().forEach((value, i) => expect(result.data[i]).toBeCloseTo(value, 5));
  });

  it('of a clip are cut at whole positions, both ends included', () => {
    const video = videoOf(Array.from({ length: 20 }, (_, i) => [i]));
    expect([...clipFeatures(video, 1.1, 3.9).data]).toEqual([2, 3, 4, 5, 6, 7]);
    expect([...clipFeatures(video, 9.7, 99).data]).toEqual([18, 19]);
    expect(resampled(video, 20)).toBe(video);
    expect(() => clipFeatures(video, 11, 12)).toThrow('expected features 20 to 22, got 20');
    expect(clipDuration(480.02)).toBe(900 / 1.875);
  });
});
