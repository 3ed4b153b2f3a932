import { describe, expect, it } from 'vitest';
import { accuracy, argmax, perplexity, wilsonInterval } from './index.ts';

describe('wilsonInterval', () => {
  it('agrees with statsmodels proportion_confint(8, 10, method="wilson")', () => {
    const [low, high] = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.4901625, 6);
    expect(high).toBeCloseTo(0.9433178, 6);
  });
  it('stays inside [0, 1] at the ends and knows nothing without trials', () => {
    expect(wilsonInterval(0, 5)[0]).toBeCloseTo(0, 12);
    expect(wilsonInterval(5, 5)[1]).toBeCloseTo(1, 12);
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect(() => wilsonInterval(6, 5)).toThrow('expected 0 <= successes <= 5, got 6');
  });
});

describe('accuracy', () => {
  it('is a percentage with its interval', () => {
    const result = accuracy([0, 1, 2, 3], [0, 1, 2, 0]);
    expect(result).toMatchObject({ accuracy: 75, correct: 3, n: 4 });
    expect(result.interval[0]).toBeLessThan(75);
    expect(result.interval[1]).toBeGreaterThan(75);
  });
  it('takes the first of equal scores and refuses NaN', () => {
    expect(argmax([1, 3, 3])).toBe(1);
    expect(() => argmax([1, NaN])).toThrow('score 1 is NaN');
  });
});

it('perplexity of a uniform choice among k tokens is k', () => {
  expect(perplexity([-3 * Math.log(7), -5 * Math.log(7)], [3, 5])).toBeCloseTo(7, 10);
});
