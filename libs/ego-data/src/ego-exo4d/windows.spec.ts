import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanGap, narrationWindows, windowsOf } from '../index.ts';

const times = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { minLength: 1, maxLength: 40 });
const repeatedTimes = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 20 });
const sequences = fc.oneof(times, repeatedTimes);

describe('equation 1', () => {
  it('gives the hand-computed windows of the documentation’s sample', () => {
    const sample = [0.03831, 3.94343, 18.48356];
    const beta = (18.48356 - 0.03831) / 2;
    const half = beta / (2 * 1.92);
    expect(meanGap(sample, 1.92)).toBeCloseTo(9.222625, 9);
    expect(windowsOf(sample)).toEqual([
      { start: 0, end: 0.03831 + half }, // unclamped the start would be -2.36
      { start: 3.94343 - half, end: 3.94343 + half },
      { start: 18.48356 - half, end: 18.48356 + half },
    ]);
  });

  it('lets no description reach over its neighbour', () => {
    expect(windowsOf([10, 10.1, 30])).toEqual([
      { start: 10 - 10 / 3.84, end: 10.1 },
      { start: 10, end: 10.1 + 10 / 3.84 },
      { start: 30 - 10 / 3.84, end: 30 + 10 / 3.84 },
    ]);
  });

  it('counts zero distances in beta, and equal times share their instant', () => {
    expect(meanGap([0, 4, 4, 4], 1)).toBe(4 / 3);
    const [, first, middle, last] = windowsOf([0, 4, 4, 4]);
    const half = 4 / 3 / 3.84;
    expect([first, middle, last]).toEqual([
      { start: 4 - half, end: 4 },
      { start: 4, end: 4 },
      { start: 4, end: 4 + half },
    ]);
    expect(windowsOf([5, 5])).toEqual([
      { start: 5, end: 5 },
      { start: 5, end: 5 },
    ]);
  });

  it('makes a single narration a clip of one second', () => {
    expect(windowsOf([7])).toEqual([{ start: 6.5, end: 7.5 }]);
    expect(windowsOf([7], { alpha: 4 })).toEqual([{ start: 6.5, end: 7.5 }]);
    expect(windowsOf([0.2])).toEqual([{ start: 0, end: 0.7 }]);
    expect(windowsOf([])).toEqual([]);
  });

  it('ends with the take', () => {
    expect(windowsOf([1, 9.9], { duration: 10 })[1].end).toBe(10);
    expect(windowsOf([1, 12], { duration: 10 })[1]).toEqual({ start: 12 - 11 / 3.84, end: 10 });
  });

  it('keeps annotators apart when told to', () => {
    const narrations = [
      { annotator: 'a', timestamp: 0 },
      { annotator: 'b', timestamp: 1 },
      { annotator: 'a', timestamp: 4 },
      { annotator: 'b', timestamp: 3 },
    ];
    const pooled = narrationWindows(narrations);
    expect(pooled).toEqual(windowsOf([0, 1, 4, 3]));
    const separate = narrationWindows(narrations, { beta: 'per-narrator' });
    expect([separate[0], separate[2]]).toEqual(windowsOf([0, 4]));
    expect([separate[1], separate[3]]).toEqual(windowsOf([1, 3]));
  });
});

describe('for any sequence', () => {
  it('a clip holds its time, stays inside the take and does not pass its neighbours', () => {
    fc.assert(
      fc.property(sequences, fc.double({ min: 0.1, max: 10, noNaN: true }), (timestamps, alpha) => {
        const sorted = [...timestamps].sort((a, b) => a - b);
        const duration = sorted[sorted.length - 1] + 0.05;
        windowsOf(sorted, { alpha, duration }).forEach(({ start, end }, i) => {
          expect(start).toBeLessThanOrEqual(sorted[i]);
          expect(end).toBeGreaterThanOrEqual(sorted[i]);
          expect(start).toBeGreaterThanOrEqual(Math.max(0, sorted[i - 1] ?? 0));
          expect(end).toBeLessThanOrEqual(Math.min(duration, sorted[i + 1] ?? duration));
        });
      }),
    );
  });

  it('no clip is longer than beta / alpha', () => {
    fc.assert(
      fc.property(times, (timestamps) => {
        const longest = meanGap(timestamps, 1.92) / 1.92;
        for (const { start, end } of windowsOf(timestamps)) expect(end - start).toBeLessThanOrEqual(longest + 1e-9);
      }),
    );
  });

  it('the order in the file does not matter', () => {
    const key = ({ start, end }: { start: number; end: number }) => `${start} ${end}`;
    fc.assert(
      fc.property(
        sequences.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(windowsOf(shuffled).map(key).sort()).toEqual(windowsOf(list).map(key).sort());
        },
      ),
    );
  });

  it('moving all times moves the clips', () => {
    fc.assert(
      fc.property(repeatedTimes, fc.integer({ min: 100, max: 200 }), (timestamps, shift) => {
        const moved = windowsOf(timestamps.map((time) => time + shift + 100));
        const original = windowsOf(timestamps.map((time) => time + 100));
        moved.forEach(({ start, end }, i) => {
          expect(start).toBeCloseTo(original[i].start + shift, 9);
          expect(end).toBeCloseTo(original[i].end + shift, 9);
        });
      }),
    );
  });
});
