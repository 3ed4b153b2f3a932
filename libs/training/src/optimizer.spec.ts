import type { Variable } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { AdamW } from './adamw.ts';
import { clipFactor, halfSquaredNorm } from './clip.ts';
import { schedule } from './schedule.ts';

const config = { weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const values = (variable: Variable) => Array.from(variable.dataSync());

/** An optimiser of one variable, and a function that does some of its updates with gradients that depend on the step. */
function optimizerOf(variable: Variable, overrides = {}) {
  const optimizer = new AdamW(new Map([['w', variable]]), { ...config, ...overrides });
  const update = (from: number, to: number) => {
    for (let step = from; step <= to; step++) {
      tf.tidy(() =>
        optimizer.apply(new Map([['w', tf.mul(tf.onesLike(variable), Math.sin(step))]]), { learningRate: 0.01, step }),
      );
    }
  };
  return { optimizer, update };
}

describe('AdamW', () => {
  it('moves by the learning rate, against the gradient, at the first step', () => {
    const variable = tf.variable(tf.tensor1d([1, -2]));
    const { optimizer, update } = optimizerOf(variable);
    update(1, 1);
    expect(values(variable)).toEqual([Math.fround(1 - 0.01), Math.fround(-2 - 0.01)]);
    optimizer.dispose();
  });

  it('gives a variable its own multiple of the learning rate, for the step and for the decay', () => {
    const variables = new Map(['usual', 'slow'].map((name) => [name, tf.variable(tf.ones([1, 1]))]));
    const optimizer = new AdamW(variables, { ...config, weightDecay: 0.5 });
    const gradients = new Map([...variables].map(([name, variable]) => [name, tf.onesLike(variable)]));
    optimizer.apply(gradients, { learningRate: 0.1, step: 1, scales: new Map([['slow', 0.1]]) });
    expect(values(variables.get('usual')!)[0]).toBeCloseTo(1 * (1 - 0.05) - 0.1, 6);
    expect(values(variables.get('slow')!)[0]).toBeCloseTo(1 * (1 - 0.005) - 0.01, 6);
    optimizer.dispose();
    tf.dispose([...variables.values(), ...gradients.values()]);
  });

  it('shrinks matrices, not vectors or scalars', () => {
    for (const [shape, expected] of [
      [[1, 1], 0.9],
      [[1], 1],
      [[], 1],
    ] as const) {
      const variable = tf.variable(tf.ones([...shape]));
      const { optimizer } = optimizerOf(variable, { weightDecay: 0.5 });
      tf.tidy(() => optimizer.apply(new Map([['w', tf.zerosLike(variable)]]), { learningRate: 0.2, step: 1 }));
      expect(values(variable)[0]).toBeCloseTo(expected, 6);
      optimizer.dispose();
    }
  });

  it('goes on with the same bits from restored moments, and never writes into the arrays that they came from', () => {
    const [whole, halves] = [0, 1].map(() => tf.variable(tf.linspace(-1, 1, 1000).reshape([10, 100]) as Variable));
    const first = optimizerOf(whole, { weightDecay: 0.1 });
    first.update(1, 10);
    const before = optimizerOf(halves, { weightDecay: 0.1 });
    before.update(1, 5);
    const moments = [before.optimizer.firstMoment('w'), before.optimizer.secondMoment('w')] as const;
    const copies = moments.map((array) => array.slice());
    const after = optimizerOf(halves, { weightDecay: 0.1 });
    after.optimizer.restore('w', ...moments);
    after.update(6, 10);
    expect(values(halves)).toEqual(values(whole));
    expect(moments.map((array) => array.slice())).toEqual(copies);
    for (const { optimizer } of [first, before, after]) optimizer.dispose();
  });

  it('leaves the array that a variable was made of as it was', () => {
    const array = new Float32Array(64).fill(1);
    const variable = tf.variable(tf.tensor2d(array, [8, 8]));
    const { optimizer, update } = optimizerOf(variable);
    update(1, 3);
    expect(array.every((value) => value === 1)).toBe(true);
    expect(values(variable)[0]).not.toBe(1);
    optimizer.dispose();
  });

  it('holds two tensors a parameter, until it is disposed of', () => {
    const variable = tf.variable(tf.ones([4, 4]));
    const before = tf.memory().numTensors;
    const { optimizer, update } = optimizerOf(variable, { weightDecay: 0.1 });
    update(1, 20);
    expect(tf.memory().numTensors).toBe(before + 2);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says which parameter has no gradient', () => {
    const { optimizer } = optimizerOf(tf.variable(tf.ones([2])));
    expect(() => optimizer.apply(new Map(), { learningRate: 1, step: 1 })).toThrow(/no "w"/);
    optimizer.dispose();
  });
});

it('clips to the global norm', () => {
  expect(halfSquaredNorm(tf.tensor2d([[3, 4]])).dataSync()[0]).toBe(12.5);
  expect(clipFactor(5, 1)).toBe(1 / (5 + 1e-6));
  expect(clipFactor(0.5, 1)).toBe(1);
});

describe('schedule', () => {
  it('rises linearly over ceil(ratio * steps), then falls as half a cosine', () => {
    const cosine = schedule('cosine', 10, 0.11); // 2 warm-up steps
    expect([0, 1, 2].map(cosine)).toEqual([0, 0.5, 1]);
    expect(cosine(6)).toBeCloseTo(0.5, 12);
    expect(cosine(10)).toBeCloseTo(0, 12);
  });

  it('stays constant after the warm-up', () => {
    expect([0, 1, 2, 9].map(schedule('constant', 10, 0.2))).toEqual([0, 0.5, 1, 1]);
    expect(schedule('constant', 10, 0)(0)).toBe(1);
  });
});
