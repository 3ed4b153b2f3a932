import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@egolab/checkpoints';
import { Parameters, valueAndGrads } from '@egolab/nn';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { tf } from '@egolab/runtime';
import { connectorConfigSchema, connectorParameters, numVisualTokens, visualTokens } from './index.ts';
import type { ConnectorConfig } from './index.ts';

// made by tools/parity/video_llm.py from timm's RegStage and torch
function fixture(name: string) {
  const checkpoint = openCheckpoint(fileURLToPath(new URL(`../fixtures/${name}.safetensors`, import.meta.url)));
  return {
    names: checkpoint.names(),
    tensor: (tensorName: string) => tf.tensor(checkpoint.read(tensorName), checkpoint.info(tensorName).shape),
    parameters: (config: ConnectorConfig) =>
      Parameters.read(connectorParameters(config, { vision: 10, language: 12 }), (parameter) =>
        checkpoint.read(`parameters.${parameter}`),
      ),
  };
}

const maxDifference = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
};
const stc = (options: object = {}) => connectorConfigSchema.parse({ kind: 'stc_connector', ...options });

describe('STC connector', () => {
  const { tensor, names, parameters } = fixture('stc');

  it.each([
    [1, 'tokens'],
    [0, 'tokens.v35'],
  ])('padding %i equals PyTorch', (padding, name) => {
    const config = stc({ depth: 2, padding });
    expect(maxDifference(visualTokens(parameters(config), config, tensor('x')), tensor(name))).toBeLessThan(1e-4);
  });

  it.each([false, true])('has the same gradients, gradient checkpointing %s', (gradientCheckpointing) => {
    const config = stc({ depth: 2 });
    const p = parameters(config);
    const x = tf.variable(tensor('x'));
    const wanted = names
      .filter((name) => /^grad\.(s1|s2|sampler|readout)/.test(name))
      .map((name) => name.slice('grad.'.length));
    const variables = wanted.map((name) => p.variables.get(name)!);
    const { grads } = valueAndGrads(
      () => tf.mean(tf.square(visualTokens(p, config, x, { gradientCheckpointing }))) as Scalar,
      [...variables, x],
    );
    expect(wanted.length).toBe(10);
    expect(maxDifference(grads.get(x.name)!, tensor('grad.x'))).toBeLessThan(1e-4);
    wanted.forEach((name, i) =>
      expect(maxDifference(grads.get(variables[i].name)!, tensor(`grad.${name}`)), name).toBeLessThan(1e-4),
    );
  });

  it('has 489,188,608 parameters between CLIP-L and Mistral-7B', () => {
    const specs = connectorParameters(stc(), { vision: 1024, language: 4096 });
    expect(Object.values(specs).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(
      489_188_608,
    );
  });

  it.each([
    [16, 1, 1521],
    [8, 1, 845],
    [16, 0, 1152],
    [8, 0, 576],
  ])('%i frames of 24 x 24 patches with padding %i become %i tokens', (time, padding, tokens) => {
    expect(numVisualTokens(stc({ padding }), time, 24, 24)).toBe(tokens);
  });
});

describe('MLP connector', () => {
  it.each(['mean', 'keep'] as const)('temporal %s equals PyTorch', (temporal) => {
    const { tensor, parameters } = fixture('mlp');
    const config = connectorConfigSchema.parse({ kind: 'mlp2x_gelu', temporal });
    const tokens = visualTokens(parameters(config), config, tensor('x'));
    expect(maxDifference(tokens, tensor(temporal))).toBeLessThan(1e-4);
    expect(tokens.shape[1]).toBe(numVisualTokens(config, 3, 2, 2));
  });
});

it('refuses features without a time axis, and leaks no tensors', () => {
  const config = stc({ depth: 2 });
  const { parameters, tensor } = fixture('stc');
  const p = parameters(config);
  const x = tensor('x');
  expect(() => visualTokens(p, config, tf.zeros([1, 4, 4, 10]))).toThrow(
    /\[batch, time, gridH, gridW, channel\], got \[1,4,4,10\]/,
  );
  const before = tf.memory().numTensors;
  tf.tidy(() => void visualTokens(p, config, x));
  expect(tf.memory().numTensors).toBe(before);
});
