import { fileURLToPath } from 'node:url';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import {
  binCentres,
  depthDecoder,
  depthDecoderConfigSchema,
  depthDecoderParameters,
  depthDecoderVariants,
  depthLoss,
  keyScales,
} from './index.ts';

const tiny = { inputDim: 12, hiddenDim: 16, numHeads: 2, ffnDim: 24, numQueries: 4 };
const count = (variant: keyof typeof depthDecoderVariants) => {
  const specs = depthDecoderParameters(depthDecoderConfigSchema.parse(depthDecoderVariants[variant]));
  return Object.values(specs).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
};

// made by tools/parity/egodtm_models.py from a PyTorch statement of equations 2 to 5
describe.each(['paper', 'released'] as const)('the decoder against PyTorch, %s', (variant) => {
  const checkpoint = openCheckpoint(fileURLToPath(new URL(`fixtures/${variant}.safetensors`, import.meta.url)));
  const config = depthDecoderConfigSchema.parse({ ...tiny, ...depthDecoderVariants[variant], numLayers: 2 });
  const p = loadParameters(depthDecoderParameters(config), checkpoint, { prefix: 'weights' });
  const expected = (name: string) => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape);
  const difference = (actual: Tensor, name: string) => {
    expect(actual.shape).toEqual(checkpoint.info(name).shape);
    return tf.tidy(() => tf.max(tf.abs(tf.sub(actual, expected(name)))).dataSync()[0]);
  };
  const patches = tf.variable(expected('patches'));
  const target = expected('target');

  it('predicts the same depth and centres', () => {
    const { depth, centres } = depthDecoder(p, config, patches);
    expect(difference(depth, 'depth')).toBeLessThan(1e-4);
    expect(difference(centres, 'centres')).toBeLessThan(1e-5);
  });

  it('has the same gradients', () => {
    const before = tf.memory().numTensors;
    const variables = [...p.variables.values(), patches];
    const { value, grads } = valueAndGrads(
      () => tf.mean(depthLoss(depthDecoder(p, config, patches).depth, target)) as Scalar,
      variables,
    );
    expect(value.dataSync()[0]).toBeCloseTo(checkpoint.read('loss')[0], 5);
    for (const [name, variable] of p.variables)
      expect(difference(grads.get(variable.name)!, `grad.${name}`), name).toBeLessThan(1e-4);
    expect(difference(grads.get(patches.name)!, 'patches_grad')).toBeLessThan(1e-4);
    tf.dispose([value, ...grads.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the decoder', () => {
  // the paper's "9M": five layers, as the log of Table 1 ran (9.6 to 9.8 M by subtraction); the text's six with keys of two scales
  it.each([
    ['released', 9_786_561],
    ['paper', 12_120_129],
  ] as const)('of the %s variant has %i parameters at the size of the paper', (variant, parameters) => {
    expect(count(variant)).toBe(parameters);
  });

  it.each([
    [1, 1],
    [3, 2],
    [8, 4],
    [2, 8],
  ] as const)('maps %i frames of a 3 x 2 grid at scale %i to depth in [0, 1]', (time, scale) => {
    const config = depthDecoderConfigSchema.parse({ ...tiny, numLayers: 1, scale });
    const p = Parameters.initialize(depthDecoderParameters(config), new Random(1));
    tf.tidy(() => {
      const { depth, centres } = depthDecoder(p, config, tf.randomNormal([2, time, 3, 2, 12], 0, 1, 'float32', 1));
      expect(depth.shape).toEqual([2, time, 3 * scale, 2 * scale]);
      expect(centres.shape).toEqual([2, 4]);
      for (const value of depth.dataSync()) expect(value).toBeGreaterThan(0);
      for (const value of depth.dataSync()) expect(value).toBeLessThan(1);
    });
    p.dispose();
  });

  it('attends to the scales below m, or to 1x alone', () => {
    const scales = (options: object) => keyScales(depthDecoderConfigSchema.parse(options));
    expect(scales({ scale: 8 })).toEqual([1, 2, 4]);
    expect(scales({ scale: 2 })).toEqual([1]);
    expect(scales({ scale: 1 })).toEqual([1]);
    expect(scales({ scale: 8, keys: 'lowest-scale' })).toEqual([1]);
  });

  it('orders its bins by query, with no width below the smallest', () => {
    tf.tidy(() => {
      const [equal, wide] = binCentres(
        tf.tensor2d([
          [-3, -1, -7, -9],
          [0, 0.3, 0, -2],
        ]),
      ).arraySync() as number[][];
      equal.forEach((centre, i) => expect(centre).toBeCloseTo(0.125 + 0.25 * i, 6));
      [1 / 14, 6 / 14 - 1 / 14, 11 / 14, 13 / 14].forEach((centre, i) => {
        if (i !== 1) expect(wide[i]).toBeCloseTo(centre, 6);
      });
      expect(wide[1]).toBeCloseTo(3 / 7, 6); // bin from 1/7 to 5/7
    });
  });

  it('refuses patches of another shape', () => {
    const config = depthDecoderConfigSchema.parse(tiny);
    const p = Parameters.initialize(depthDecoderParameters({ ...config, numLayers: 1 }), new Random(1));
    expect(() => depthDecoder(p, config, tf.zeros([1, 4, 4, 12]))).toThrow(/expected patches .* got \[1,4,4,12\]/);
    p.dispose();
  });
});

describe('the depth loss', () => {
  const at = (kind: 'rmse' | 'mse' | 'l1', error: number) =>
    tf.tidy(() => depthLoss(tf.fill([1, 2, 2, 2], 0.5 + error), tf.fill([1, 2, 2, 2], 0.5), kind).dataSync()[0]);

  it('is a root-mean-square, its square or a mean of absolute values', () => {
    expect(at('rmse', 0.2)).toBeCloseTo(0.2, 6);
    expect(at('mse', 0.2)).toBeCloseTo(0.04, 6);
    expect(at('l1', -0.2)).toBeCloseTo(0.2, 6);
  });

  it('has a gradient at a perfect prediction', () => {
    const depth = tf.variable(tf.fill([1, 1, 2, 2], 0.5));
    tf.tidy(() => {
      const { grads } = valueAndGrads(() => tf.sum(depthLoss(depth, tf.fill([1, 1, 2, 2], 0.5))) as Scalar, [depth]);
      expect(Array.from(grads.get(depth.name)!.dataSync())).toEqual([0, 0, 0, 0]);
    });
    depth.dispose();
  });
});
