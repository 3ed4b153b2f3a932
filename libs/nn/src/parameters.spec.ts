import { describe, expect, it } from 'vitest';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { init, Parameters, prefixed } from './index.ts';

const specs = prefixed('block', {
  'fc.weight': { shape: [3, 4], init: init.kaimingUniform() },
  'fc.bias': { shape: [3], init: init.constant(0.5) },
});

describe('Parameters', () => {
  it('draws each parameter from a stream of its own name', () => {
    const before = tf.memory().numTensors;
    const alone = Parameters.initialize({ 'block.fc.weight': specs['block.fc.weight'] }, new Random(1));
    const both = Parameters.initialize(specs, new Random(1));
    expect(both.digest('block.fc.weight')).toBe(alone.digest('block.fc.weight'));
    expect(both.digest()).not.toBe(Parameters.initialize(specs, new Random(2)).digest());
    expect(Math.max(...both.get('block.fc.weight').dataSync())).toBeLessThan(0.5); // 1 / sqrt(4)
    alone.dispose();
    both.dispose();
    expect(tf.memory().numTensors).toBe(before + 2); // those of the seed 2
  });

  it('is read through scopes', () => {
    const parameters = Parameters.initialize(specs, new Random(1));
    const scope = parameters.scope('block').scope('fc');
    expect(scope.get('weight')).toBe(parameters.variables.get('block.fc.weight'));
    expect([scope.has('bias'), scope.has('scale')]).toEqual([true, false]);
    expect(() => scope.get('scale')).toThrow("no parameter 'block.fc.scale'");
    expect([parameters.count(), parameters.numBytes(), parameters.count(['block.fc.bias'])]).toEqual([15, 60, 3]);
  });

  it('takes values and says which parameter they misfit', () => {
    const parameters = Parameters.read(specs, (_, shape) => new Float32Array(shape.reduce((a, b) => a * b)).fill(2));
    parameters.assign('block.fc.bias', Float32Array.of(1, 2, 3));
    expect(Array.from(parameters.get('block.fc.bias').dataSync())).toEqual([1, 2, 3]);
    expect(() => parameters.assign('block.fc.bias', new Float32Array(4))).toThrow(
      "parameter 'block.fc.bias': expected 3 values for [3], got 4",
    );
  });
});

describe('init', () => {
  const values = (initializer: ReturnType<typeof init.zeros>, shape: number[]) =>
    Array.from(initializer(shape, new Random(0)));
  it('has the bounds and deviations of torch.nn.init', () => {
    const largest = (numbers: number[]) => Math.max(...numbers.map(Math.abs));
    expect(largest(values(init.kaimingUniform(), [64, 8, 3, 3]))).toBeCloseTo(1 / Math.sqrt(72), 3);
    expect(largest(values(init.xavierUniform(), [40, 60]))).toBeCloseTo(Math.sqrt(6 / 100), 2);
    expect(largest(values(init.uniform(0.3), [1000]))).toBeCloseTo(0.3, 2);
    const normal = values(init.normal(2), [10_000]);
    expect(Math.sqrt(normal.reduce((sum, value) => sum + value ** 2, 0) / normal.length)).toBeCloseTo(2, 1);
    expect(values(init.ones(), [2]).concat(values(init.zeros(), [1]))).toEqual([1, 1, 0]);
  });
});
