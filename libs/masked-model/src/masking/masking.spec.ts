import { Random } from '@egolab/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dirichlet,
  logGamma,
  type MaskedTokens,
  maskingConfigSchema,
  maskTokens,
  modalityNames,
  numTokens,
  paperModalities,
  tokenBudgets,
  type TokenModalities,
} from '../index.ts';

const modalities: TokenModalities = {
  tok_cam: { vocabularySize: 16, shape: [6] },
  tok_depth: { vocabularySize: 99, shape: [2, 3, 4] },
  tok_gaze: { vocabularySize: 16, shape: [6] },
  tok_rgb: { vocabularySize: 99, shape: [2, 3, 4] },
};
const names = modalityNames(modalities);

/** Tokens that tell their place: 3 position + number of the modality. */
function clip(present: readonly string[], all: TokenModalities = modalities) {
  return Object.fromEntries(
    present.map((name) => [
      name,
      Int32Array.from({ length: numTokens(all[name]) }, (_, i) => 3 * i + modalityNames(all).indexOf(name)),
    ]),
  );
}

const somePresent = fc.subarray(names, { minLength: 1 });
const masking = fc.record({
  numInputTokens: fc.integer({ min: 1, max: 80 }),
  numTargetTokens: fc.integer({ min: 1, max: 80 }),
  alphas: fc.constantFrom<number[][]>([0.01], [0.1], [1], [10], [0.01, 0.1, 1, 10]),
  leftover: fc.constantFrom('dropped' as const, 'redistributed' as const),
});
const identity = (key: string, seed = 7) => ({ seed, source: 'source', key, visit: 0 });
const size = ({ inputs, targets }: MaskedTokens) => [inputs.token.length, targets.token.length];

describe('masks', () => {
  it('are disjoint, within their budgets, in order, and never of a missing modality', () => {
    fc.assert(
      fc.property(somePresent, masking, fc.string(), (present, config, key) => {
        const masked = maskTokens(clip(present), modalities, config, identity(key));
        const [numInputs, numTargets] = size(masked);
        expect(numInputs).toBeLessThanOrEqual(config.numInputTokens);
        expect(numTargets).toBeLessThanOrEqual(config.numTargetTokens);
        const seen = new Set<string>();
        for (const { modality, position, token } of [masked.inputs, masked.targets]) {
          modality.forEach((number, i) => {
            expect(present).toContain(names[number]);
            expect(position[i]).toBeLessThan(numTokens(modalities[names[number]]));
            expect(token[i]).toBe(3 * position[i] + number);
            seen.add(`${number}:${position[i]}`);
            if (modality[i - 1] === number) expect(position[i]).toBeGreaterThan(position[i - 1]);
            else if (i > 0) expect(number).toBeGreaterThan(modality[i - 1]);
          });
        }
        expect(seen.size).toBe(numInputs + numTargets);
      }),
      { numRuns: 200 },
    );
  });

  it('use every token that they may when leftovers are redistributed', () => {
    fc.assert(
      fc.property(somePresent, masking, fc.string(), (present, config, key) => {
        const tokens = clip(present);
        const total = Object.values(tokens).reduce((sum, { length }) => sum + length, 0);
        const masked = maskTokens(tokens, modalities, { ...config, leftover: 'redistributed' }, identity(key));
        const inputs = Math.min(total, config.numInputTokens);
        expect(size(masked)).toEqual([inputs, Math.min(total - inputs, config.numTargetTokens)]);
      }),
    );
  });

  it('depend on seed, data set, clip and visit alone', () => {
    const config = maskingConfigSchema.parse({ numInputTokens: 20, numTargetTokens: 20 });
    const tokens = clip(names);
    const mask = (key: string) => maskTokens(tokens, modalities, config, identity(key));
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 6 }), (keys) => {
        const forwards = keys.map(mask);
        const backwards = [...keys].reverse().map(mask).reverse();
        expect(backwards).toEqual(forwards);
      }),
      { numRuns: 20 },
    );
    const reference = mask('a');
    for (const other of [
      identity('b'),
      identity('a', 8),
      { ...identity('a'), visit: 1 },
      { ...identity('a'), source: 'x' },
    ])
      expect(maskTokens(tokens, modalities, config, other)).not.toEqual(reference);
  });

  it('leave slots empty as the release does: about half of 2,048 with four modalities', () => {
    const config = maskingConfigSchema.parse({});
    const tokens = clip(Object.keys(paperModalities), paperModalities);
    const sizes = Array.from({ length: 300 }, (_, i) =>
      size(maskTokens(tokens, paperModalities, config, identity(String(i)))),
    );
    const mean = (which: number) => sizes.reduce((sum, each) => sum + each[which], 0) / sizes.length;
    expect(mean(0)).toBeGreaterThan(900);
    expect(mean(0)).toBeLessThan(1200);
    expect(mean(1)).toBeGreaterThan(900);
    expect(mean(1)).toBeLessThan(1200);
  });

  it('refuse tokens of another length', () => {
    const config = maskingConfigSchema.parse({});
    expect(() => maskTokens({ tok_cam: new Int32Array(5) }, modalities, config, identity('k'))).toThrow(
      'k: expected 6 tokens of tok_cam, got 5',
    );
  });
});

describe('budgets', () => {
  it('hand out the remainder and stop at the limits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.array(fc.nat(200), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0.01, 0.1, 1, 10),
        fc.nat(),
        (total, limits, alpha, seed) => {
          const budgets = tokenBudgets(total, limits, alpha, 'dropped', new Random(seed));
          budgets.forEach((budget, i) => expect(budget).toBeLessThanOrEqual(limits[i]));
          const unlimited = limits.map(() => total);
          const given = tokenBudgets(total, unlimited, alpha, 'dropped', new Random(seed));
          expect(given.reduce((sum, budget) => sum + budget, 0)).toBe(total);
        },
      ),
    );
  });
});

describe('Dirichlet draws', () => {
  it.each([0.01, 0.1, 1, 10])('have their mean and variance at alpha %d', (alpha) => {
    const random = new Random('dirichlet').split(String(alpha));
    const draws = Array.from({ length: 4000 }, () => dirichlet(alpha, 4, random));
    for (const draw of draws) expect(draw.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10);
    const first = draws.map(([share]) => share);
    const mean = first.reduce((sum, share) => sum + share, 0) / first.length;
    const variance = first.reduce((sum, share) => sum + (share - mean) ** 2, 0) / first.length;
    const expected = (0.25 * 0.75) / (4 * alpha + 1);
    expect(Math.abs(mean - 0.25)).toBeLessThan(5 * Math.sqrt(expected / 4000));
    expect(variance / expected).toBeGreaterThan(0.85);
    expect(variance / expected).toBeLessThan(1.15);
  });

  it('stay numbers at shapes whose draws are below the smallest double', () => {
    const random = new Random(1);
    const logs = Array.from({ length: 200 }, () => logGamma(0.001, random));
    expect(logs.every(Number.isFinite)).toBe(true);
    expect(Math.min(...logs)).toBeLessThan(-1000);
  });
});
