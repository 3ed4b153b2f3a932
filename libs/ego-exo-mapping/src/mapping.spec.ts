import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import type { Tensor, Scalar } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { tf } from '@egolab/runtime';
import { mapping, mappingConfigSchema, mappingParameters } from './index.ts';
import type { MappingConfig } from './index.ts';

// made by tools/parity/mapping.py from PyTorch
function fixture(name: string): {
  tensor(name: string): Tensor;
  names: string[];
  parameters(config: MappingConfig): Parameters;
} {
  const checkpoint = openCheckpoint(fileURLToPath(new URL(`fixtures/${name}.safetensors`, import.meta.url)));
  return {
    names: checkpoint.names(),
    tensor: (tensorName) => tf.tensor(checkpoint.read(tensorName), checkpoint.info(tensorName).shape),
    parameters: (config) =>
      Parameters.read(mappingParameters(config, 6), (parameter) => checkpoint.read(`parameters.${parameter}`)),
  };
}

const maxDifference = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
};
const resnet = (options: object) => mappingConfigSchema.parse({ kind: 'resnet', ngf: 4, nBlocks: 2, ...options });

describe('ResNet generator against PyTorch', () => {
  const { tensor, names, parameters } = fixture('generator');

  it.each([
    ['instance.linear', { norm: 'instance', outputActivation: 'linear' }],
    ['instance.tanh', { norm: 'instance', outputActivation: 'tanh' }],
    ['none.linear', { norm: 'none', outputActivation: 'linear' }],
  ])('forward, %s', (name, options) => {
    const config = resnet(options);
    expect(maxDifference(mapping(parameters(config), config, tensor('x')), tensor(name))).toBeLessThan(1e-4);
  });

  it.each([false, true])('gradients, gradient checkpointing %s', (gradientCheckpointing) => {
    const config = resnet({});
    const p = parameters(config);
    const x = tf.variable(tensor('x'));
    const wanted = names.filter((name) => name.startsWith('grad.model')).map((name) => name.slice('grad.'.length));
    const variables = wanted.map((name) => p.variables.get(name)!);
    const { grads } = valueAndGrads(
      () => tf.mean(tf.square(mapping(p, config, x, { gradientCheckpointing }))) as Scalar,
      [...variables, x],
    );
    expect(maxDifference(grads.get(x.name)!, tensor('grad.x'))).toBeLessThan(1e-4);
    wanted.forEach((name, i) =>
      expect(maxDifference(grads.get(variables[i].name)!, tensor(`grad.${name}`)), name).toBeLessThan(1e-4),
    );
  });
});

describe('fully-connected mapping', () => {
  it('equals PyTorch', () => {
    const { tensor, parameters } = fixture('fully-connected');
    const config: MappingConfig = { kind: 'fully-connected', hiddenSize: 10, depth: 3 };
    expect(maxDifference(mapping(parameters(config), config, tensor('x')), tensor('output'))).toBeLessThan(1e-4);
  });
});

describe('sizes and grids', () => {
  it.each([
    [64, 17.8],
    [256, 207],
  ])('ngf %i on CLIP-L features has %f million parameters', (ngf, millions) => {
    const specs = mappingParameters(mappingConfigSchema.parse({ kind: 'resnet', ngf }), 1024);
    const count = Object.values(specs).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count / 1e6).toBeCloseTo(millions, millions < 100 ? 1 : 0);
    expect(specs['model.10.conv_block.1.weight'].shape).toEqual([4 * ngf, 4 * ngf, 3, 3]);
    expect(specs['model.26.weight'].shape).toEqual([1024, ngf, 7, 7]);
  });

  it.each([13, 4])('refuses a grid of side %i', (side) => {
    const config = resnet({});
    const p = Parameters.initialize(mappingParameters(config, 6), new Random(1));
    expect(() => mapping(p, config, tf.zeros([1, side, side, 6]))).toThrow(
      side === 13 ? /multiples of 4 .*13 -> 7 -> 4 -> 8 -> 16/ : /at least 8, got 4/,
    );
  });

  it('sits on a 4 x 4 grid with one down-sampling, and leaks no tensors', () => {
    const config = resnet({ nDownsampling: 1 });
    const p = Parameters.initialize(mappingParameters(config, 6), new Random(1));
    const before = tf.memory().numTensors;
    tf.tidy(() => void expect(mapping(p, config, tf.ones([1, 4, 4, 6])).shape).toEqual([1, 4, 4, 6]));
    expect(tf.memory().numTensors).toBe(before);
  });
});
