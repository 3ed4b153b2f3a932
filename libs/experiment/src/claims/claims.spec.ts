import { describe, expect, it } from 'vitest';
import type { AblationClaim } from '../ablations/schema.ts';
import { pairedEffect, type SeedResult } from './effect.ts';
import { judgeClaim, type ClaimEvidence } from './judge.ts';
import { questionOutcomes } from './outcomes.ts';

/** A run that answered `right` of 40 questions; the same ones first, so that runs are paired. */
function run(seed: number, right: number): SeedResult {
  const outcomes = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`q${i}`, i < right ? 100 : 0]));
  return { seed, value: (100 * right) / 40, outcomes: [outcomes] };
}

const withoutOutcomes = ({ seed, value }: SeedResult): SeedResult => ({ seed, value });

const ablation: ClaimEvidence['ablation'] = {
  evaluate: [
    { id: 'mcq', title: 'EgoMCQ', unit: '%', better: 'higher' },
    { id: 'ate', title: 'ATE', unit: 'm', better: 'lower' },
  ],
  variants: [
    { id: 'full', title: 'All losses' },
    { id: 'no-kl', title: 'without KL' },
    { id: 'no-ccl', title: 'without CCL' },
  ],
};
const claim: AblationClaim = {
  text: 'KL helps',
  source: '5.3',
  better: 'full',
  than: ['no-kl'],
  in: ['mcq'],
  exceptions: [],
};

const evidence = (results: Record<string, Record<string, SeedResult[]>>): ClaimEvidence => ({
  ablation,
  resultsOf: (variant, measure) => results[variant]?.[measure] ?? [],
  options: { replicates: 2000 },
});

describe('judgeClaim', () => {
  it('held: the interval lies on the claimed side', () => {
    const judged = judgeClaim(claim, evidence({ full: { mcq: [run(0, 30), run(1, 31)] }, 'no-kl': { mcq: [run(0, 20), run(1, 19)] } })); // prettier-ignore
    expect(judged.verdict).toBe('held');
    expect(judged.comparisons[0].effect).toMatchObject({ difference: 27.5, questions: 40, seeds: 2 });
    expect(judged.sentence).toMatch(
      /^Held\. “All losses” beats “without KL” in EgoMCQ by 27\.50 points \(95 % interval 1\d.* to 4\d.*; d 0\.\d\d; 40 questions, 2 seeds\)\.$/,
    );
  });

  it('reversed: on the other side, said from the winner', () => {
    const judged = judgeClaim(claim, evidence({ full: { mcq: [run(0, 20)] }, 'no-kl': { mcq: [run(0, 30)] } }));
    expect(judged.verdict).toBe('reversed');
    expect(judged.comparisons[0].effect!.difference).toBe(-25);
    expect(judged.sentence).toMatch(
      /^Reversed\. “without KL” beats “All losses” in EgoMCQ by 25\.00 points \(95 % interval 1\d/,
    );
    expect(judged.sentence).toContain('one seed, which says nothing of others');
  });

  it('undecided: the interval holds no difference', () => {
    const judged = judgeClaim(claim, evidence({ full: { mcq: [run(0, 21)] }, 'no-kl': { mcq: [run(0, 20)] } }));
    expect(judged.verdict).toBe('undecided');
    expect(judged.sentence).toContain('+2.50 points (95 % interval 0 to');
    expect(judged.sentence).toContain('which leaves the order open');
  });

  it('knows that lower errors are better', () => {
    const of = (values: number[]) => ({ ate: values.map((value, seed) => ({ seed, value })) });
    const judge = (full: number[], other: number[]) =>
      judgeClaim({ ...claim, in: ['ate'] }, evidence({ full: of(full), 'no-kl': of(other) }));
    expect(judge([0.1, 0.11, 0.1], [0.2, 0.21, 0.22])).toMatchObject({
      verdict: 'held',
      sentence: expect.stringMatching(/by 0\.107 m \(95 % interval 0\.078 to 0\.135 by t over seeds/) as string,
    });
    expect(judge([0.2, 0.21, 0.22], [0.1, 0.11, 0.1]).verdict).toBe('reversed');
    expect(judge([0.1, 0.3], [0.2, 0.21]).verdict).toBe('undecided');
  });

  it('decides nothing without runs, and says whose are missing', () => {
    const judged = judgeClaim({ ...claim, than: ['no-kl', 'no-ccl'] }, evidence({ full: { mcq: [run(0, 30)] } }));
    expect(judged.verdict).toBe('undecided');
    expect(judged.comparisons.map(({ reason }) => reason)).toEqual(['“without KL” has not run', '“without CCL” has not run']); // prettier-ignore
    expect(judged.sentence).toBe('Undecided. Of 2 comparisons: 2 undecided.');
  });

  it('takes several comparisons together: all must hold; the paper’s own exceptions are left out', () => {
    const three = { ...claim, than: ['no-kl', 'no-ccl'] };
    const mixed = evidence({ full: { mcq: [run(0, 20)] }, 'no-kl': { mcq: [run(0, 5)] }, 'no-ccl': { mcq: [run(0, 35)] } }); // prettier-ignore
    expect(judgeClaim(three, mixed)).toMatchObject({ verdict: 'undecided', sentence: 'Undecided. Of 2 comparisons: 1 held, 1 reversed.' }); // prettier-ignore
    const excepted = judgeClaim({ ...three, exceptions: [{ than: 'no-ccl', in: 'mcq' }] }, mixed);
    expect(excepted).toMatchObject({ verdict: 'held', comparisons: [{ excepted: false }, { excepted: true }] });
    expect(excepted.sentence).toMatch(/^Held\. “All losses” beats “without KL”/);
  });
});

describe('pairedEffect', () => {
  it('pairs by seed', () => {
    expect(pairedEffect([run(0, 10), run(2, 30)], [run(2, 20), run(5, 10)])).toMatchObject({
      difference: 25,
      seeds: 1,
    });
    expect(pairedEffect([run(0, 10)], [run(1, 10)])).toEqual({ missing: 'no seed in common: 0 against 1' });
  });

  it('needs two seeds where questions are not known', () => {
    expect(pairedEffect([withoutOutcomes(run(0, 30))], [run(0, 20)])).toEqual({
      missing: 'one seed and no per-question results: nothing tells chance from effect',
    });
    const seeds = [0, 1, 2];
    const effect = pairedEffect(seeds.map((seed) => withoutOutcomes(run(seed, 30 + seed))), seeds.map((seed) => run(seed, 20))); // prettier-ignore
    expect(effect).toMatchObject({ method: 'paired-t', questions: 0, difference: 27.5 });
  });

  it('names questions that only one of two runs answered', () => {
    const { outcomes } = run(0, 20);
    const other: SeedResult = { seed: 0, value: 50, outcomes: [{ ...outcomes![0], extra: 100 }] };
    expect(pairedEffect([run(0, 20)], [other])).toEqual({
      missing: `they didn't answer the same questions: seed 0: the first run has no value for "extra"`,
    });
  });
});

describe('questionOutcomes', () => {
  const measurement = { stage: 'evaluate', paths: ['a.accuracy', 'b.accuracy'], scale: 1, unit: '%' };
  const metrics = { a: { accuracy: 50 }, b: { accuracy: 100 } };
  const outcomes = { 'a.accuracy': { x: 1, y: 0 }, 'b.accuracy': { z: 1 } };

  it('brings values to the unit of the metric', () => {
    expect(questionOutcomes(metrics, outcomes, measurement)).toEqual({ strata: [{ x: 100, y: 0 }, { z: 100 }] });
    const fractions = { a: { accuracy: 0.5 }, b: { accuracy: 1 } };
    expect(questionOutcomes(fractions, outcomes, { ...measurement, scale: 100 })).toEqual({ strata: [{ x: 100, y: 0 }, { z: 100 }] }); // prettier-ignore
  });

  it.each([
    ['no file', undefined, 'evaluate writes no per-question results'],
    ['another metric', { 'a.accuracy': { x: 1, y: 0 } }, 'evaluate writes no per-question results of b.accuracy'],
    ['no question', { ...outcomes, 'b.accuracy': {} }, 'evaluate writes no per-question results of b.accuracy'],
    ['text', { 'a.accuracy': { x: 'right' } }, 'outcomes.json of evaluate is broken at a.accuracy.x'],
    ['other values', { ...outcomes, 'b.accuracy': { z: 0 } }, "the per-question results of b.accuracy don't average to the metric"], // prettier-ignore
  ])('uses none with %s', (_what, given, message) => {
    expect(questionOutcomes(metrics, given, measurement)).toEqual({
      missing: expect.stringContaining(message) as string,
    });
  });
});
