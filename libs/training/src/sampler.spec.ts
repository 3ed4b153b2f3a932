import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EpochSampler, microBatches, shareOf } from './sampler.ts';

const sampler = (overrides = {}) =>
  new EpochSampler({ numExamples: 22, epochs: 2, globalBatchSize: 8, localBatchSize: 4, seed: 1, ...overrides });
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('EpochSampler', () => {
  it('shows every example once an epoch, in another order each epoch', () => {
    const { stepsPerEpoch, totalSteps } = sampler();
    expect([stepsPerEpoch, totalSteps]).toEqual([3, 6]);
    const batches = range(totalSteps).map((step) => sampler().batch(step));
    expect(batches.map((batch) => batch.length)).toEqual([8, 8, 6, 8, 8, 6]);
    const epochs = [batches.slice(0, 3).flat(), batches.slice(3).flat()];
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual(range(22));
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('depends on seed and step alone', () => {
    const walked = sampler();
    const all = range(6).map((step) => walked.batch(step));
    for (const step of [5, 0, 3]) expect(sampler().batch(step)).toEqual(all[step]);
    expect(sampler({ seed: 2 }).batch(0)).not.toEqual(all[0]);
  });

  it('ends within an epoch when their number is a fraction', () => {
    expect(sampler({ epochs: 1.5 }).totalSteps).toBe(5);
  });
});

it('splits a batch over workers and micro-batches without loss or repetition', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 9 }),
      (length, size, local) => {
        const shares = range(size).map((rank) => shareOf(range(length), rank, size));
        expect(shares.flatMap((share) => microBatches(share, local).flat())).toEqual(range(length));
        const sizes = shares.map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        for (const share of shares)
          for (const micro of microBatches(share, local)) expect(micro.length).toBeLessThanOrEqual(local);
      },
    ),
  );
});
