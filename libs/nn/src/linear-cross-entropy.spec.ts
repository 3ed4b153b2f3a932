import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { crossEntropy, init, linear, linearCrossEntropy, Parameters, valueAndGrads, withPrecision } from './index.ts';

const p = Parameters.initialize(
  { x: { shape: [7, 6], init: init.normal(1) }, weight: { shape: [11, 6], init: init.normal(1) } },
  new Random(4),
);
const labels = tf.tensor1d([0, 10, 3, 3, 7, 1, 5], 'int32');
const [x, weight] = [p.get('x'), p.get('weight')];
const maxDifference = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe('linearCrossEntropy', () => {
  it.each([2, 7, 512])('is the loss of the logits and has its gradients, %i rows at a time', (chunkRows) => {
    // a factor behind the loss reaches the gradients
    const whole = valueAndGrads(() => tf.mul(crossEntropy(linear(p, x), labels), 3) as Scalar, [x, weight]);
    const before = tf.memory().numTensors;
    const chunked = tf.tidy(() => {
      const { value, grads } = valueAndGrads(
        () => tf.mul(linearCrossEntropy(x, weight, labels, { chunkRows }), 3) as Scalar,
        [x, weight],
      );
      return [value, ...grads.values()].map((tensor) => [...tensor.dataSync()]);
    });
    expect(tf.memory().numTensors).toBe(before);
    [whole.value, ...whole.grads.values()].forEach((tensor, i) =>
      expect(maxDifference([...tensor.dataSync()], chunked[i])).toBeLessThan(1e-6),
    );
  });

  it('computes in bfloat16 where that is asked for', () => {
    const loss = (precision: 'float32' | 'bfloat16') =>
      withPrecision(precision, () => linearCrossEntropy(x, weight, labels).dataSync()[0]);
    expect(loss('bfloat16')).not.toBe(loss('float32'));
    expect(Math.abs(loss('bfloat16') - loss('float32'))).toBeLessThan(0.05);
  });

  it('is 0 for no rows', () => {
    const { value, grads } = valueAndGrads(
      () => linearCrossEntropy(tf.zeros([0, 6]), weight, tf.zeros([0], 'int32')) as Scalar,
      [weight],
    );
    expect(value.dataSync()[0]).toBe(0);
    expect(Math.max(...grads.get(weight.name)!.dataSync())).toBe(0);
  });

  it('refuses other shapes', () => {
    expect(() => linearCrossEntropy(x, weight, tf.tensor1d([1], 'int32'))).toThrow(/expected x \[row, hidden\]/);
  });
});
