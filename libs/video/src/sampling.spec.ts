import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipFrames, frameRange, frameSamplers, roundHalfEven, uniformFrames } from './index.ts';

const row = (text: string) => text.split(' ').map(Number);

it('rounds halves to even, as numpy', () => {
  expect([0.5, 1.5, 2.5, -1.5, -2.5, 2.4999, 2.5001].map(roundHalfEven)).toEqual([0, 2, 2, -2, -2, 2, 3]);
});

describe('uniformFrames', () => {
  it('gives the golden rows of both VideoLLaMA2 generations', () => {
    expect(uniformFrames(60, 16, 'videollama2-v1')).toEqual(row('2 5 9 13 16 20 24 28 31 35 39 42 46 50 53 57'));
    expect(uniformFrames(60, 16, 'videollama2-v1.5')).toEqual(row('2 6 9 13 17 20 24 28 31 35 39 42 46 50 53 57'));
    expect(uniformFrames(20, 16, 'videollama2-v1')).toEqual(row('0 1 3 4 5 6 7 9 10 11 12 13 14 16 17 18'));
    expect(uniformFrames(20, 16, 'videollama2-v1.5')).toEqual(row('1 2 3 4 5 7 8 9 10 11 12 14 15 16 17 18'));
    expect(uniformFrames(5, 16, 'videollama2-v1.5')).toEqual(row('0 0 1 1 1 1 2 2 2 2 3 3 3 3 4 4'));
  });

  it("takes AVION's middles of equal parts, cut to whole frames", () => {
    const frames = (start: number, end: number) =>
      clipFrames({ start: start / 30, end: end / 30 }, { fps: 30, numFrames: 1000 }, 4, 'avion');
    expect(frames(93, 147)).toEqual([99, 113, 126, 140]);
    expect(frames(10, 13)).toEqual([10, 11, 11, 12]);
    expect(frames(100, 131)).toEqual([103, 111, 119, 127]);
    expect(frames(990, 1100)).toEqual([991, 993, 995, 997]);
  });

  it('equals numpy for many lengths', () => {
    const fixture = JSON.parse(readFileSync(new URL('./fixtures/frames.json', import.meta.url), 'utf8'));
    for (const { total, numFrames, ...expected } of fixture) {
      expect(uniformFrames(total, numFrames, 'videollama2-v1')).toEqual(expected['v1']);
      expect(uniformFrames(total, numFrames, 'videollama2-v1.5')).toEqual(expected['v1.5']);
    }
  });
});

describe('frameRange', () => {
  const cases: [string, { start?: number; end?: number }, number, number][] = [
    ['the whole video', {}, 0, 59],
    ['a window', { start: 0.5, end: 1.5 }, 14, 44],
    ['an open end', { start: 1 }, 29, 59],
    ['an open start', { end: 1 }, 0, 29],
    ['negative times', { start: -3, end: 1 }, 0, 29],
    ['reversed times', { start: 1.5, end: 0.5 }, 14, 44],
    ['equal times', { start: 0.5, end: 0.5 }, 14, 44],
    ['an end after the video', { start: 1, end: 9 }, 29, 59],
    ['less than a frame', { start: 0, end: 0.01 }, 0, 0],
  ];
  it.each(cases)('of %s', (_, window, first, last) => {
    expect(frameRange(window, 30, 60)).toEqual({ first, last });
  });

  it('stays inside the video and in order for any window', () => {
    const time = fc.option(fc.double({ min: -5, max: 500, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(
        time,
        time,
        fc.double({ min: 0.5, max: 240, noNaN: true }),
        fc.integer({ min: 1, max: 5000 }),
        (start, end, fps, total) => {
          for (const sampler of frameSamplers) {
            const frames = clipFrames({ start, end }, { fps, numFrames: total }, 16, sampler);
            expect(frames).toHaveLength(16);
            expect(frames).toEqual([...frames].sort((a, b) => a - b));
            expect(frames[0]).toBeGreaterThanOrEqual(0);
            expect(frames[15]).toBeLessThan(total);
          }
        },
      ),
    );
  });
});
