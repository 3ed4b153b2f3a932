import { fileURLToPath } from 'node:url';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { crossEntropy, valueAndGrads, type Parameters, type ParameterSpecs } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import {
  depthProbe,
  depthProbeConfigSchema,
  depthProbeParameters,
  lateFusion,
  lateFusionConfigSchema,
  lateFusionParameters,
  sigLoss,
} from './index.ts';

// made by tools/parity/egodtm_heads.py
function fixture(name: string, specs: ParameterSpecs) {
  const checkpoint = openCheckpoint(fileURLToPath(new URL(`fixtures/${name}.safetensors`, import.meta.url)));
  const p = loadParameters(specs, checkpoint, { prefix: 'weights' });
  const tensor = (key: string) => tf.tensor(checkpoint.read(key), checkpoint.info(key).shape);
  const difference = (actual: Tensor, key: string) => {
    expect(actual.shape).toEqual(checkpoint.info(key).shape);
    return tf.tidy(() => tf.max(tf.abs(tf.sub(actual, tensor(key)))).dataSync()[0]);
  };
  return { p, tensor, difference };
}

function expectGradients(p: Parameters, loss: () => Scalar, difference: (actual: Tensor, key: string) => number): void {
  const before = tf.memory().numTensors;
  const { value, grads } = valueAndGrads(loss, [...p.variables.values()]);
  for (const [name, variable] of p.variables)
    expect(difference(grads.get(variable.name)!, `grad.${name}`), name).toBeLessThan(1e-4);
  tf.dispose([value, ...grads.values()]);
  expect(tf.memory().numTensors).toBe(before);
}

describe('the depth probe', () => {
  const config = depthProbeConfigSchema.parse({
    inputDim: 10,
    hiddenDim: 6,
    upsampling: 2,
    numBins: 16,
    minDepth: 0.2,
    maxDepth: 5,
  });
  const { p, tensor, difference } = fixture('probe', depthProbeParameters(config));
  const patches = tensor('patches');
  const target = tensor('target');
  const maps = (depth: Tensor) => tf.reshape(depth, target.shape);

  it('predicts what PyTorch predicts, in metres between its bins', () => {
    const depth = depthProbe(p, config, patches);
    expect(difference(depth, 'depth')).toBeLessThan(1e-4);
    expect(tf.min(depth).dataSync()[0]).toBeGreaterThan(config.minDepth);
    expect(tf.max(depth).dataSync()[0]).toBeLessThan(config.maxDepth);
  });

  it('has the same loss of each map, and the same gradients', () => {
    expect(difference(sigLoss(maps(depthProbe(p, config, patches)), target), 'losses')).toBeLessThan(1e-4);
    expectGradients(p, () => tf.mean(sigLoss(maps(depthProbe(p, config, patches)), target)) as Scalar, difference);
  });

  it('forgives most of a wrong scale and none of a wrong shape', () => {
    const truth = tf.tensor3d([1, 2, 3, 4], [1, 2, 2]);
    const scaled = sigLoss(tf.mul(truth, 2), truth).dataSync()[0];
    expect(scaled).toBeCloseTo(10 * Math.sqrt(0.15) * Math.log(2), 4);
    expect(sigLoss(tf.reverse(truth, 2), truth).dataSync()[0]).toBeGreaterThan(scaled);
  });

  it('refuses tokens and targets of another shape', () => {
    expect(() => depthProbe(p, config, tf.zeros([1, 1, 2, 2, 3]))).toThrow('expected patches');
    expect(() => sigLoss(tf.ones([1, 2, 2]), tf.ones([1, 2, 3]))).toThrow('expected a target [1,2,2], got [1,2,3]');
  });
});

describe('late fusion', () => {
  const config = lateFusionConfigSchema.parse({
    videoDim: 10,
    numClasses: 7,
    depth: { size: 24, hiddenDim: 9, outputDim: 5 },
  });
  const { p, tensor, difference } = fixture('late-fusion', lateFusionParameters(config));
  const [video, maps] = [tensor('video'), tensor('maps')];

  it('gives the logits and gradients of PyTorch', () => {
    expect(difference(lateFusion(p, config, video, maps), 'logits')).toBeLessThan(1e-4);
    const labels = tf.range(0, 6, 1, 'int32');
    expectGradients(p, () => crossEntropy(lateFusion(p, config, video, maps), labels) as Scalar, difference);
  });

  it('is a linear classifier without depth', () => {
    const rgb = lateFusionConfigSchema.parse({ ...config, depth: null });
    expect(Object.keys(lateFusionParameters(rgb))).toEqual(['classifier.weight', 'classifier.bias']);
    expect(() => lateFusion(p, config, video)).toThrow('expected depth maps [batch, 24], got [none]');
  });
});
