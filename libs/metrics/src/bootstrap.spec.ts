import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceTable, meanOfDraw, type SeedPair } from './bootstrap-table.ts';
import { pairedBootstrap, pairedSeeds, percentile, stratifiedBootstrap } from './bootstrap.ts';
import { studentQuantile } from './student.ts';

interface Case {
  name: string;
  pairs: SeedPair[];
  difference: number;
  standardised: number;
  interval: [number, number];
  draws: { seeds: number[]; questions: number[]; mean: number }[];
}
const fixtures = JSON.parse(readFileSync(new URL('fixtures/bootstrap.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  strata: { strata: SeedPair[][]; difference: number; interval: [number, number] };
  seeds: { differences: number[]; interval: [number, number] };
  student: { degrees: number; probability: number; quantile: number }[];
};

describe('pairedBootstrap', () => {
  it.each(fixtures.cases.map((each) => [each.name, each] as const))('equals SciPy and numpy: %s', (_name, fixture) => {
    const { difference, standardised, interval, questions } = pairedBootstrap(fixture.pairs);
    expect(difference).toBeCloseTo(fixture.difference, 12);
    expect(standardised).toBeCloseTo(fixture.standardised, 12);
    // both are random: their ends agree to a few Monte Carlo errors, or to one question where means have so few values
    const width = fixture.interval[1] - fixture.interval[0];
    const tolerance = Math.max(0.03 * width, 1.01 / questions);
    for (const end of [0, 1]) expect(Math.abs(interval[end] - fixture.interval[end])).toBeLessThan(tolerance);
    const table = differenceTable(fixture.pairs);
    expect(questions).toBe(table.questions);
  });

  it.each(fixtures.cases.map((each) => [each.name, each] as const))(
    'takes the mean of a draw as numpy: %s',
    (_name, fixture) => {
      const table = differenceTable(fixture.pairs);
      const columns = [...new Set(fixture.pairs.flatMap(({ first }) => Object.keys(first)))];
      for (const { seeds, questions, mean } of fixture.draws) {
        const drawn = questions.map((question) => columns.indexOf(`q${question}`));
        expect(meanOfDraw(table, seeds, drawn)).toBeCloseTo(mean, 12);
      }
    },
  );

  it('gives the same interval again, and another one for another seed of the resampling', () => {
    const { pairs } = fixtures.cases[1];
    const once = pairedBootstrap(pairs, { replicates: 500 });
    expect(pairedBootstrap(pairs, { replicates: 500 })).toEqual(once);
    expect(pairedBootstrap(pairs, { replicates: 500, seed: 1 }).interval).not.toEqual(once.interval);
  });

  it('knows no doubt where every difference is the same', () => {
    const same = (value: number) => Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`q${i}`, value + i]));
    const pairs = [0, 1].map((seed) => ({ seed, first: same(0.3), second: same(0.2) }));
    const effect = pairedBootstrap(pairs, { replicates: 200 });
    expect(effect.difference).toBeCloseTo(0.1, 12);
    expect(effect.interval[0]).toBeCloseTo(0.1, 12);
    expect(effect.interval[1]).toBeCloseTo(0.1, 12);
    expect(pairedBootstrap([{ seed: 0, first: { q: 1 }, second: { q: 1 } }], { replicates: 10 })).toEqual({
      difference: 0,
      standardised: undefined,
      interval: [0, 0],
      questions: 1,
      seeds: 1,
      method: 'paired-bootstrap',
    });
  });

  it('changes sign with the order of the models, and unit with the unit of the values', () => {
    const answer = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(answer, answer), { minLength: 1, maxLength: 3 }), (runs) => {
        const byId = (values: number[], scale = 1) =>
          Object.fromEntries(values.map((value, i) => [`q${i}`, value * scale]));
        const effect = (scale: number, swap: boolean) =>
          pairedBootstrap(
            runs.map(([a, b], seed) => ({ seed, first: byId(swap ? b : a, scale), second: byId(swap ? a : b, scale) })),
            { replicates: 99 },
          );
        const [plain, swapped, percent] = [effect(1, false), effect(1, true), effect(100, false)];
        expect(swapped.difference).toBeCloseTo(-plain.difference, 12);
        expect(swapped.interval[0]).toBeCloseTo(-plain.interval[1], 12);
        expect(percent.interval[1]).toBeCloseTo(100 * plain.interval[1], 10);
        expect(plain.interval[0]).toBeLessThanOrEqual(plain.difference + 1e-12);
        expect(plain.interval[1]).toBeGreaterThanOrEqual(plain.difference - 1e-12);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['no seed', [], 'expected at least one seed, got none'],
    ['a seed twice', [pair(1, { a: 1 }, { a: 1 }), pair(1, { a: 1 }, { a: 1 })], 'seed 1 is there twice'],
    ['no question', [pair(2, {}, {})], 'seed 2 has no questions'],
    [
      'questions of one run only',
      [pair(0, { a: 1, b: 1 }, { a: 1, c: 1, d: 1 })],
      'seed 0: the second run has no value for "b"; the first run has no value for "c", "d"',
    ],
    ['NaN', [pair(0, { a: NaN }, { a: 1 })], 'seed 0, question "a": expected finite values, got NaN and 1'],
  ])('refuses %s', (_what, pairs, message) => {
    expect(() => pairedBootstrap(pairs)).toThrow(new RangeError(message));
  });

  it('names five missing questions and counts the rest', () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`q${i}`, 1]));
    expect(() => pairedBootstrap([pair(0, many, { q0: 1 })])).toThrow('"q1", "q2", "q3", "q4", "q5" and 2 more');
  });
});

function pair(seed: number, first: Record<string, number>, second: Record<string, number>): SeedPair {
  return { seed, first, second };
}

describe('stratifiedBootstrap', () => {
  const [, three] = fixtures.cases;

  it('equals numpy for the mean of two metrics', () => {
    const { strata, difference, interval } = fixtures.strata;
    const effect = stratifiedBootstrap(strata);
    expect(effect.difference).toBeCloseTo(difference, 12);
    const width = interval[1] - interval[0];
    for (const end of [0, 1]) expect(Math.abs(effect.interval[end] - interval[end])).toBeLessThan(0.03 * width);
    expect(effect.questions).toBe(70);
  });

  it('refuses metrics of other seeds, and none', () => {
    expect(() => stratifiedBootstrap([three.pairs, three.pairs.slice(1)])).toThrow(
      'expected the same seeds of every metric, got 0, 1, 2 and 1, 2',
    );
    expect(() => stratifiedBootstrap([])).toThrow('expected at least one metric, got none');
  });
});

describe('pairedSeeds', () => {
  it("equals SciPy's paired t interval", () => {
    const effect = pairedSeeds(fixtures.seeds.differences);
    expect(effect.interval[0]).toBeCloseTo(fixtures.seeds.interval[0], 10);
    expect(effect.interval[1]).toBeCloseTo(fixtures.seeds.interval[1], 10);
    expect(effect).toMatchObject({ questions: 0, seeds: 5, method: 'paired-t' });
  });

  it('needs two seeds and finite differences', () => {
    expect(() => pairedSeeds([0.1])).toThrow('expected at least 2 seeds, got 1');
    expect(() => pairedSeeds([0.1, NaN])).toThrow('expected finite differences, got NaN');
    expect(pairedSeeds([0.1, 0.1]).standardised).toBeUndefined();
  });
});

describe('quantiles', () => {
  it.each(fixtures.student)("Student's t, $degrees degrees, $probability", ({ degrees, probability, quantile }) => {
    expect(studentQuantile(probability, degrees)).toBeCloseTo(quantile, 8);
    expect(studentQuantile(1 - probability, degrees)).toBeCloseTo(-quantile, 6);
  });

  it('of a sample, as numpy', () => {
    expect(percentile([1, 2, 4, 8], 0.5)).toBe(3);
    expect(percentile([1, 2, 4, 8], 1)).toBe(8);
    expect(percentile([5], 0.3)).toBe(5);
  });
});
