import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { openCheckpoint } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { valueAndGrads } from '@egolab/nn';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { tf } from '@egolab/runtime';
import { cycleConsistencyLoss, klLoss, klOptionsSchema } from './index.ts';

// made by tools/parity/mapping.py from torch's own loss functions
const checkpoint = openCheckpoint(fileURLToPath(new URL('fixtures/losses.safetensors', import.meta.url)));
const fixture = (name: string): Tensor => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape);
const maxDifference = (a: Tensor, b: Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
const value = (loss: Scalar) => loss.dataSync()[0];

function features(seed: number, scale = 1): Tensor {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({ length: 2 * 2 * 2 * 3 * 4 }, () => random.normal(0, scale)),
    [2, 2, 2, 3, 4],
  );
}

const klCases = checkpoint.names().filter((name) => name.startsWith('kl.') && !name.endsWith('.grad'));
const optionsOf = (name: string) => {
  const [, kind, axis, temperature, direction] = name.split('.');
  return klOptionsSchema.parse({ kind, axis, temperature: Number(temperature), direction });
};

describe('KL loss', () => {
  it.each(klCases)('%s equals torch, with its gradient', (name) => {
    const teacher = fixture('teacher');
    const mapped = tf.variable(fixture('mapped'));
    const { value: loss, grads } = valueAndGrads(() => klLoss(teacher, mapped, optionsOf(name)), [mapped]);
    expect(Math.abs(value(loss) - fixture(name).dataSync()[0])).toBeLessThan(1e-5);
    expect(maxDifference(grads.get(mapped.name)!, fixture(`${name}.grad`))).toBeLessThan(1e-5);
  });

  it.each(klCases)('%s is never negative, zero for equal features and positive for others', (name) => {
    const options = optionsOf(name);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0.1, max: 5, noNaN: true }), (seed, scale) =>
        tf.tidy(() => {
          const y = features(seed, scale);
          expect(Math.abs(value(klLoss(y, y, options)))).toBeLessThan(1e-5);
          expect(value(klLoss(y, features(seed + 1, scale), options))).toBeGreaterThan(1e-5);
        }),
      ),
      { numRuns: 15, seed: 1 },
    );
  });

  it('softmax ignores a constant added to the logits; the Gaussian does not', () => {
    const y = features(1);
    const shifted = tf.add(y, 3);
    expect(value(klLoss(y, shifted, klOptionsSchema.parse({})))).toBeLessThan(1e-5);
    expect(value(klLoss(y, shifted, klOptionsSchema.parse({ kind: 'gaussian' })))).toBeGreaterThan(1);
  });

  it('refuses features of different shapes', () => {
    expect(() => klLoss(features(1), tf.zeros([2, 2, 2, 3, 5]), klOptionsSchema.parse({}))).toThrow(
      /equal shapes, got \[2,2,2,3,4\] and \[2,2,2,3,5\]/,
    );
  });
});

describe('cycle consistency loss', () => {
  it.each(['mean', 'sum'] as const)('%s equals torch, with its gradient', (reduction) => {
    const x = tf.variable(fixture('mapped'));
    const loss = () => cycleConsistencyLoss(x, fixture('cycled_x'), fixture('y'), fixture('cycled_y'), { reduction });
    const { value: result, grads } = valueAndGrads(loss, [x]);
    const expected = fixture(`ccl.${reduction}`).dataSync()[0];
    expect(Math.abs(value(result) - expected) / expected).toBeLessThan(1e-6);
    expect(maxDifference(grads.get(x.name)!, fixture(`ccl.${reduction}.grad`))).toBeLessThan(1e-6);
  });

  it('is zero, with zero gradient, when both cycles are the identity', () => {
    const x = tf.variable(features(3));
    const y = features(4);
    const { value: result, grads } = valueAndGrads(() => cycleConsistencyLoss(x, x.clone(), y, y), [x]);
    expect(value(result)).toBe(0);
    expect(maxDifference(grads.get(x.name)!, tf.zerosLike(x))).toBe(0);
  });
});
