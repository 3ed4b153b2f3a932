import { expect, it } from 'vitest';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import { backend, tf } from '@egolab/runtime';
import {
  attention,
  checkpointed,
  conv2d,
  dropout,
  gelu,
  init,
  linear,
  Parameters,
  valueAndGrads,
  withPrecision,
} from './index.ts';

const width = 64;
const layers = Array.from({ length: 6 }, (_, i) => String(i));
const parameters = Parameters.initialize(
  Object.fromEntries(
    layers.map((layer) => [`${layer}.weight`, { shape: [width, width], init: init.kaimingUniform() }]),
  ),
  new Random(0),
);
const x = tf.randomNormal([512, width], 0, 1, 'float32', 1);
const activation = x.size * 4;

/** Bytes that live when `f`'s forward pass is done, beside what lived before. */
function keptBytes(apply: (layer: string, x: Tensor) => Tensor, trained: string[]): number {
  let bytes = 0;
  const before = tf.memory().numBytes;
  tf.tidy(() => {
    valueAndGrads(
      () => {
        const y = tf.tidy(() => layers.reduce((y, layer) => apply(layer, y), x as Tensor));
        bytes = tf.memory().numBytes - before;
        return tf.sum(y) as Scalar;
      },
      trained.map((layer) => parameters.get(`${layer}.weight`)),
    );
  });
  expect(tf.memory().numBytes).toBe(before);
  return bytes;
}

const layer = (name: string, y: Tensor) => gelu(linear(parameters.scope(name), y));

it('keeps what the gradients need and no more', () => {
  // each layer's input and the input of its gelu; tfjs counts a handle on the same data again
  const all = keptBytes(layer, layers);
  expect(all).toBeLessThan((2 * layers.length + 2) * activation);
  // frozen layers before the only trained one keep nothing, those after it the input of gelu
  expect(keptBytes(layer, ['5'])).toBeLessThan(3.5 * activation);
  expect(keptBytes(layer, ['0'])).toBeLessThan((layers.length + 3) * activation + parameters.numBytes());
});

it('keeps each block its input when checkpointed', () => {
  expect(
    keptBytes((name, y) => checkpointed((z) => layer(name, layer(name, layer(name, z))), [y]), layers),
  ).toBeLessThan((layers.length + 2) * activation);
});

it('frees every native handle, bfloat16 ones too', () => {
  const { binding } = backend;
  const handles = { made: 0, freed: 0 };
  const convolution = Parameters.initialize({ weight: { shape: [4, 1, 3, 3], init: init.normal(1) } }, new Random(0));
  backend.binding = Object.create(binding, {
    executeOp: {
      value: (name: string, attributes: object[], inputs: number[], outputs: number) => {
        handles.made += outputs;
        return binding.executeOp(name, attributes, inputs, outputs);
      },
    },
    deleteTensor: {
      value: (id: number) => {
        handles.freed++;
        binding.deleteTensor(id);
      },
    },
  });
  try {
    const step = () =>
      tf.tidy(() => {
        const f = () => {
          const y = checkpointed((y) => dropout(layer('1', layer('0', y)), 0.1, 5), [x]);
          const heads = tf.reshape(y, [2, 64, 4, width]);
          const image = tf.reshape(attention(heads, heads, heads, { causal: true, mode: 'chunked' }), [8, 64, 64, 1]);
          return tf.mean(conv2d(convolution, image, { padding: 1 })) as Scalar;
        };
        valueAndGrads(
          () => withPrecision('bfloat16', f),
          [...parameters.variables.values(), ...convolution.variables.values()],
        );
      });
    step();
    handles.made = handles.freed = 0;
    const before = tf.memory();
    step();
    const created = handles.made;
    expect(created).toBeGreaterThan(50);
    expect(tf.memory()).toEqual(before);
    // what the host wrote (shapes, scalars) is freed as well and counts on one side alone
    expect(handles.freed).toBeGreaterThanOrEqual(created);
  } finally {
    backend.binding = binding;
  }
});

it('draws the same dropout in the backward pass', () => {
  const y = tf.tidy(() => tf.variable(tf.ones([4000])));
  const { value, grads } = valueAndGrads(() => tf.sum(dropout(y, 0.25, 9)) as Scalar, [y]);
  const grad = grads.get(y.name)!.dataSync<'float32'>();
  expect(new Set(grad)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  expect(value.dataSync()[0]).toBeCloseTo(
    grad.reduce((sum, each) => sum + each, 0),
    0,
  );
  expect(grad.filter((each) => each === 0).length / grad.length).toBeCloseTo(0.25, 1);
  expect(dropout(y, 0.25, 9).dataSync()).toEqual(dropout(y, 0.25, 9).dataSync());
  expect(dropout(y, 0.25, 9).dataSync()).not.toEqual(dropout(y, 0.25, 10).dataSync());
  expect(() => dropout(y, 1, 0)).toThrow('rate in [0, 1)');
});
