import { expect, it } from 'vitest';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { fusedKernels, tf } from '@egolab/runtime';
import { gelu, geluTanh, layerNorm, quickGelu, reflectionPad2d, rmsNorm, silu, swiglu } from './index.ts';

/** Large enough for several blocks and threads; the width is no multiple of any vector. */
const SHAPE = [331, 203];

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 2, 'float32', seed);
const scopeOf = (tensors: Record<string, Tensor>) => ({
  get: (name: string) => tensors[name],
  has: (name: string) => name in tensors,
  scope: () => scopeOf(tensors),
});

/** Value and gradients of sum(f(x, …) * upstream). */
function run(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): Float32Array[] {
  return tf.tidy(() => {
    const y = f(...inputs);
    const upstream = random(y.shape, 99);
    const gradients = tf.grads((...x) => tf.sum(tf.mul(f(...x), upstream)) as Scalar)(inputs);
    return [y, ...gradients].map((tensor) => tensor.dataSync<'float32'>());
  });
}

const centred = (x: Tensor) => tf.sub(x, tf.mean(x, -1, true));
const scaled = (x: Tensor) => tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5)));
const half = (x: Tensor, gate: Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(gate, 1));

/** [name, ours, the definition in TensorFlow's ops, shapes of the inputs] */
const cases: [string, (...inputs: Tensor[]) => Tensor, (...inputs: Tensor[]) => Tensor, number[][]][] = [
  [
    'layerNorm',
    (x, weight, bias) => layerNorm(scopeOf({ weight, bias }), x, 1e-5),
    (x, weight, bias) => tf.add(tf.mul(scaled(centred(x)), weight), bias),
    [SHAPE, [SHAPE[1]], [SHAPE[1]]],
  ],
  [
    'rmsNorm',
    (x, weight) => rmsNorm(scopeOf({ weight }), x, 1e-5),
    (x, weight) => tf.mul(scaled(x), weight),
    [SHAPE, [SHAPE[1]]],
  ],
  ['gelu', gelu, (x) => half(x, tf.erf(tf.mul(x, Math.SQRT1_2))), [SHAPE]],
  [
    'geluTanh',
    geluTanh,
    (x) => half(x, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))))),
    [SHAPE],
  ],
  ['quickGelu', quickGelu, (x) => tf.mul(x, tf.sigmoid(tf.mul(1.702, x))), [SHAPE]],
  ['silu', silu, (x) => tf.mul(x, tf.sigmoid(x)), [SHAPE]],
  ['swiglu', swiglu, (gate, up) => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up), [SHAPE, SHAPE]],
];

it.each(cases)('%s: value and gradients are the definition’s', (_, ours, definition, shapes) => {
  const inputs = shapes.map((shape, i) => random(shape, i));
  const [found, expected] = [run(ours, inputs), run(definition, inputs)];
  for (const [i, values] of found.entries()) {
    const largest = Math.max(...expected[i].map(Math.abs));
    const worst = Math.max(...values.map((value, j) => Math.abs(value - expected[i][j])));
    expect(worst / largest).toBeLessThan(5e-6);
  }
  const again = run(ours, inputs);
  expect(again.every((values, i) => Buffer.from(values.buffer).equals(Buffer.from(found[i].buffer)))).toBe(true);
  tf.dispose(inputs);
});

it.each(cases)('%s: NaN stays NaN, in the value and in the gradient', (_, ours, __, shapes) => {
  const inputs = shapes.map((shape, i) => random(shape, i));
  const poisoned = tf.tensor(inputs[0].dataSync().slice().fill(NaN, 7, 8), inputs[0].shape);
  const [value, gradient] = run(ours, [poisoned, ...inputs.slice(1)]);
  expect(value[7]).toBeNaN();
  expect(gradient[7]).toBeNaN();
  tf.dispose([poisoned, ...inputs]);
});

it('keeps large numbers finite', () => {
  const x = tf.tensor1d([-1e4, -100, 100, 1e4]);
  for (const activation of [gelu, geluTanh, quickGelu, silu])
    expect([...tf.tidy(() => activation(x).dataSync())]).toEqual([expect.closeTo(0), expect.closeTo(0), 100, 1e4]);
  x.dispose();
});

it('refuses tensors that do not belong together', () => {
  const [x, weight] = [tf.zeros([4, 8]), tf.zeros([7])];
  if (fusedKernels) expect(() => tf.tidy(() => rmsNorm(scopeOf({ weight }), x))).toThrow(/one element a channel/);
  expect(() => tf.tidy(() => reflectionPad2d(tf.reshape(x, [1, 2, 4, 4]), 2))).toThrow(/above 2/);
  tf.dispose([x, weight]);
});
