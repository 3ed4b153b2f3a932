import { expect, it } from 'vitest';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import {
  attention,
  checkpointed,
  dropout,
  gelu,
  init,
  layerNorm,
  linear,
  Parameters,
  prefixed,
  valueAndGrads,
} from './index.ts';
import type { Scope } from './index.ts';

const hidden = 8;
const dense = (inputs: number, outputs: number) => ({
  weight: { shape: [outputs, inputs], init: init.normal(0.4) },
  bias: { shape: [outputs], init: init.normal(0.1) },
});
const blockSpecs = {
  ...prefixed('norm', {
    weight: { shape: [hidden], init: init.ones() },
    bias: { shape: [hidden], init: init.zeros() },
  }),
  ...prefixed('q', dense(hidden, hidden)),
  ...prefixed('k', dense(hidden, hidden)),
  ...prefixed('v', dense(hidden, hidden)),
  ...prefixed('up', dense(hidden, 16)),
  ...prefixed('down', dense(16, hidden)),
};
const make = () => Parameters.initialize({ ...prefixed('0', blockSpecs), ...prefixed('1', blockSpecs) }, new Random(7));

function block(p: Scope, x: Tensor): Tensor {
  const [batch, sequence] = x.shape;
  const split = (y: Tensor) => tf.reshape(y, [batch, sequence, 2, hidden / 2]);
  const normed = layerNorm(p.scope('norm'), x);
  const mixed = attention(
    split(linear(p.scope('q'), normed)),
    split(linear(p.scope('k'), normed)),
    split(linear(p.scope('v'), normed)),
    { causal: true },
  );
  const y = tf.add(x, tf.reshape(mixed, x.shape));
  return tf.add(y, dropout(linear(p.scope('down'), gelu(linear(p.scope('up'), y))), 0.25, 3));
}

function loss(p: Scope, x: Tensor, checkpoint: boolean): Scalar {
  for (const layer of ['0', '1'])
    x = checkpoint ? checkpointed((y) => block(p.scope(layer), y), [x]) : block(p.scope(layer), x);
  x = block(p.scope('0'), x); // the first block's parameters are used twice
  return tf.mean(tf.square(x));
}

const input = () => tf.randomNormal([2, 5, hidden], 0, 1, 'float32', 11);
const difference = (a: Tensor, b: Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];

for (const checkpoint of [false, true]) {
  it(`agrees with tf.variableGrads ${checkpoint ? 'through checkpointed blocks' : ''}`, () => {
    const p = make();
    const x = input();
    const wanted = [...p.variables.values()].filter((_, i) => i % 3 !== 1);
    const ours = valueAndGrads(() => loss(p, x, checkpoint), wanted);
    const theirs = tf.variableGrads(() => loss(p, x, false), wanted);
    expect(ours.value.dataSync()[0]).toBeCloseTo(theirs.value.dataSync()[0], 6);
    expect([...ours.grads.keys()].sort()).toEqual(wanted.map((variable) => variable.name).sort());
    for (const [name, grad] of ours.grads) expect(difference(grad, theirs.grads[name]), name).toBeLessThan(1e-6);
    p.dispose();
  });

  it(`leaves nothing but value and gradients ${checkpoint ? 'with checkpointed blocks' : ''}`, () => {
    const p = make();
    const x = input();
    const before = tf.memory().numTensors;
    const { value, grads } = valueAndGrads(() => loss(p, x, checkpoint), [p.get('0.q.weight'), p.get('1.up.bias')]);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([value, ...grads.values()]);
    expect(() => valueAndGrads(() => (loss(p, x, checkpoint), tf.zeros([2]) as Scalar), p.variables.values())).toThrow(
      'scalar',
    );
    expect(tf.memory().numTensors).toBe(before);
    p.dispose();
  });
}

it('agrees with finite differences', () => {
  const p = make();
  const x = input();
  const name = '0.up.weight';
  const { grads } = valueAndGrads(() => loss(p, x, false), [p.get(name)]);
  const slope = grads.get(p.get(name).name)!.dataSync();
  const values = p.get(name).dataSync().slice() as Float32Array;
  const at = (i: number, change: number) => {
    const moved = values.slice();
    moved[i] += change;
    p.assign(name, moved);
    return tf.tidy(() => loss(p, x, false).dataSync()[0]);
  };
  for (const i of [0, 17, 101]) expect((at(i, 1e-2) - at(i, -1e-2)) / 2e-2).toBeCloseTo(slope[i], 2);
  p.dispose();
});

it('gives zeros for a variable that the value does not depend on', () => {
  const used = tf.variable(tf.scalar(3));
  const unused = tf.variable(tf.ones([2]));
  const { grads } = valueAndGrads(() => tf.mul(used, used), [used, unused]);
  expect(grads.get(used.name)!.dataSync()[0]).toBe(6);
  expect(Array.from(grads.get(unused.name)!.dataSync())).toEqual([0, 0]);
});

it('names the op that has no gradient', () => {
  const x = tf.variable(tf.tensor2d([[1, 2]]));
  expect(() => valueAndGrads(() => tf.sum(tf.einsum('ij->ij', x)), [x])).toThrow('no gradient is known for Einsum');
});
