import { loadParameters } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { maxDifference, openFixture } from './fixtures/open.ts';
import {
  CODEBOOK,
  commitmentLoss,
  decode,
  detokenize,
  encode,
  FIXED_IN_RELEASE,
  maskedSquaredError,
  meanSquaredError,
  quantize,
  sequenceTokenizerConfigSchema,
  sequenceTokenizerParameters,
  straightThrough,
  tokenize,
  tokenizerLoss,
} from './index.ts';

const tiny = (modality: 'camera' | 'gaze') =>
  sequenceTokenizerConfigSchema.parse({
    modality,
    numFrames: 12,
    dim: 16,
    depth: 2,
    numHeads: 2,
    codebookSize: 12,
    latentDim: 4,
  });

function parametersOf(modality: 'camera' | 'gaze') {
  const { checkpoint, tensor, integers } = openFixture(modality);
  const parameters = loadParameters(sequenceTokenizerParameters(tiny(modality)), checkpoint, { prefix: 'parameters' });
  const trainable = [...parameters.variables].filter(([name]) => !name.startsWith(CODEBOOK));
  return { parameters, trainable, tensor, integers };
}

describe.each(['camera', 'gaze'] as const)('%s tokenizer against PyTorch', (modality) => {
  const config = tiny(modality);
  const { parameters: p, trainable, tensor, integers } = parametersOf(modality);

  it('encodes, quantizes and decodes', () => {
    const x = tensor('x');
    const z = encode(p, config, x);
    expect(maxDifference(z, tensor('z'))).toBeLessThan(1e-4);
    expect([...tokenize(p, config, x).dataSync()]).toEqual(integers('tokens'));
    expect(maxDifference(detokenize(p, config, tokenize(p, config, x)), tensor('reconstruction'))).toBeLessThan(1e-4);
  });

  it.each([false, true])('has its losses and gradients, gradient checkpointing %s', (gradientCheckpointing) => {
    const x = tensor('x');
    const parts: Record<string, number> = {};
    const loss = () => {
      const z = encode(p, config, x, { gradientCheckpointing });
      const { codes } = quantize(p.scope(CODEBOOK), z);
      const reconstruction = decode(p, config, straightThrough(z, codes), { gradientCheckpointing });
      const [target, mask] = modality === 'gaze' ? tf.split(x, [2, 1], 2) : [x, x];
      const error =
        modality === 'gaze'
          ? maskedSquaredError(reconstruction, target, mask, 'per-frame')
          : meanSquaredError(reconstruction, x);
      const commitment = commitmentLoss(z, codes);
      Object.assign(parts, { error: error.dataSync()[0], commitment: commitment.dataSync()[0] });
      return tf.add(error, tf.mul(commitment, 0.7)) as Scalar;
    };
    const { grads } = valueAndGrads(loss, trainable.map(([, variable]) => variable)); // prettier-ignore
    for (const [name, value] of Object.entries(parts)) expect(value).toBeCloseTo(tensor(name).dataSync()[0], 5);
    for (const [name, variable] of trainable)
      expect(maxDifference(grads.get(variable.name)!, tensor(`grad.${name}`)), name).toBeLessThan(1e-4);
  });

  it('sums it up in tokenizerLoss', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const span = { begin: 0, end: 3, size: 3 };
      const { loss, metrics, statistics } = tokenizerLoss(p, config, tensor('x'), {
        commitmentWeight: 0.7,
        maskedReduction: 'per-frame',
        span,
        stepRandom: new Random(1),
      });
      const [error, commitment] = [tensor('error').dataSync()[0], tensor('commitment').dataSync()[0]];
      expect(loss.dataSync()[0]).toBeCloseTo(error + 0.7 * commitment, 5);
      expect(metrics.reconstruction.dataSync()[0]).toBeCloseTo(error, 5);
      expect(tf.sum(statistics.hits).dataSync()[0]).toBeCloseTo(6, 5); // tokens a clip
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('masked loss', () => {
  const { tensor } = parametersOf('gaze');
  const terms = (reduction: 'per-frame' | 'per-coordinate') => {
    const [gaze, mask] = tf.split(tensor('x'), [2, 1], 2);
    return maskedSquaredError(tensor('reconstruction'), gaze, mask, reduction).dataSync()[0];
  };

  it('divides by frames as released, or by numbers', () => {
    expect(terms('per-frame')).toBeCloseTo(tensor('error').dataSync()[0], 5);
    expect(terms('per-coordinate')).toBeCloseTo(tensor('error.per-coordinate').dataSync()[0], 5);
  });

  it('is 0 with a gradient of 0 for a batch in which no frame is valid', () => {
    const reconstruction = tf.variable(tf.ones([2, 4, 2]));
    const loss = () => maskedSquaredError(reconstruction, tf.zeros([2, 4, 2]), tf.zeros([2, 4, 1]), 'per-frame');
    const { value, grads } = valueAndGrads(loss, [reconstruction]);
    expect(value.dataSync()[0]).toBe(0);
    expect(Math.max(...grads.get(reconstruction.name)!.dataSync().map(Math.abs))).toBe(0);
  });

  it("doesn't see what invalid frames hold", () => {
    const config = tiny('gaze');
    const { parameters } = parametersOf('gaze');
    const x = tensor('x');
    const [gaze, mask] = tf.split(x, [2, 1], 2);
    const other = tf.concat([tf.add(gaze, tf.mul(tf.sub(1, mask), 5)), mask], 2);
    expect(maxDifference(encode(parameters, config, other), encode(parameters, config, x))).toBe(0);
  });
});

describe('parameters', () => {
  const released = sequenceTokenizerConfigSchema.parse({ modality: 'camera' });

  it('are those of the release', () => {
    const specs = sequenceTokenizerParameters(released);
    const count = Object.values(specs).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(specs['encoder.conv.weight'].shape).toEqual([768, 9, 2]);
    expect(specs['encoder.blocks.11.attn.qkv.bias'].shape).toEqual([2304]);
    expect(specs['decoder.out_proj.weight'].shape).toEqual([18, 768]);
    expect(specs['quantize._codebook.embed'].shape).toEqual([256, 32]);
    expect(count / 1e6).toBeCloseTo(179.64, 2);
    expect('encoder.position_embeddings').toMatch(FIXED_IN_RELEASE);
  });

  it('start with codes of length 1 that were never used', () => {
    const p = Parameters.initialize(sequenceTokenizerParameters(tiny('camera')), new Random(1));
    const lengths = tf.norm(p.get(`${CODEBOOK}.embed`), 'euclidean', -1).dataSync();
    for (const length of lengths) expect(length).toBeCloseTo(1, 5);
    expect([...p.get(`${CODEBOOK}.cluster_size`).dataSync()]).toEqual(Array(12).fill(0));
  });

  it('refuse sizes that do not fit, and clips of another length', () => {
    expect(() => sequenceTokenizerParameters({ ...tiny('camera'), numFrames: 13 })).toThrow(/multiple of .* 2, got 13/);
    expect(() => sequenceTokenizerParameters({ ...tiny('camera'), numHeads: 3 })).toThrow(/2 x numHeads 3, got 16/);
    const { parameters } = parametersOf('gaze');
    expect(() => encode(parameters, tiny('gaze'), tf.zeros([2, 12, 2]))).toThrow(
      /expected \[batch, 12, 3\], got \[2,12,2\]/,
    );
  });
});
