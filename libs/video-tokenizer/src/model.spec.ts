import { Random } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { maxDifference, openFixture, parameterShapes, writtenOut } from './fixtures/open.ts';
import {
  autoencode,
  codebookSize,
  decodeCodes,
  detokenize,
  encodeLatents,
  EXTRA_IN_RELEASE,
  finiteScalarQuantize,
  reconstructionLoss,
  tokenize,
  toPatches,
  videoTokenizerConfigSchema,
  videoTokenizerParameters,
} from './index.ts';

const config = videoTokenizerConfigSchema.parse({
  channels: 4,
  channelsMult: [1, 2, 2],
  numResBlocks: 1,
  zChannels: 5,
  resolution: 32,
  attnResolutions: [4],
});
const specs = videoTokenizerParameters(config);

describe('tokenizer against PyTorch', () => {
  const { tensor, names } = openFixture();
  const p = writtenOut(specs);

  it('has its patches, latents, codes, indices and reconstruction', () => {
    const clip = tensor('clip');
    expect(maxDifference(toPatches(tf.slice(clip, 0, 1)), tensor('patches'))).toBeLessThan(1e-6);
    const latents = encodeLatents(p, config, clip);
    expect(maxDifference(latents, tensor('latents'))).toBeLessThan(1e-4);
    expect(maxDifference(finiteScalarQuantize(latents, config.levels), tensor('codes'))).toBeLessThan(1e-6);
    const tokens = tokenize(p, config, clip);
    expect(maxDifference(tokens, tensor('indices'))).toBe(0);
    expect(maxDifference(detokenize(p, config, tokens), tensor('reconstruction'))).toBeLessThan(1e-4);
  });

  it.each([false, true])('has its loss and gradients, gradient checkpointing %s', (gradientCheckpointing) => {
    const clip = tensor('clip');
    const { value, grads } = valueAndGrads(
      () => reconstructionLoss(p, config, clip, { gradientCheckpointing }),
      p.variables.values(),
    );
    expect(value.dataSync()[0]).toBeCloseTo(tensor('loss').dataSync()[0], 5);
    const stored = names.filter((name) => name.startsWith('grad.'));
    expect(stored.length).toBeGreaterThan(150);
    for (const name of stored) {
      const variable = p.get(name.slice('grad.'.length));
      expect(maxDifference(grads.get(variable.name)!, tensor(name)), name).toBeLessThan(1e-4);
    }
  });
});

describe('parameters', () => {
  it('are the published ones, name by name, but for layers that nothing runs through', () => {
    const released = videoTokenizerParameters(videoTokenizerConfigSchema.parse({}));
    const published = parameterShapes('released');
    for (const [name, { shape }] of Object.entries(released)) expect(published[name], name).toEqual(shape);
    const extra = Object.keys(published).filter((name) => !(name in released));
    expect(extra).toHaveLength(16); // conv1 to conv3 of the resamplers that don't resample, and their temporal convolutions
    for (const name of [...extra, 'encoder.patcher3d.wavelets', 'quantizer._levels'])
      expect(name).toMatch(EXTRA_IN_RELEASE);
    expect(codebookSize([8, 8, 8, 5, 5, 5])).toBe(64000);
  });

  it('refuse a compression that the levels are too few for', () => {
    expect(() => videoTokenizerParameters({ ...config, channelsMult: [1] })).toThrow(/needs more than 1 levels, got 1/);
  });
});

describe('causality', () => {
  const p = Parameters.initialize(specs, new Random(5));
  const clip = tf.randomUniform([1, 17, 16, 16, 3], -1, 1, 'float32', 7);
  /** The clip with its frames from `from` on replaced. */
  const changed = (from: number) =>
    tf.concat([tf.slice(clip, [0, 0, 0, 0, 0], [1, from, 16, 16, 3]), tf.zeros([1, 17 - from, 16, 16, 3])], 1);

  it.each([1, 5, 9, 13])('tokens of the frames before frame %i never see it', (from) => {
    const steps = 1 + (from - 1) / 4;
    const [a, b] = [clip, changed(from)].map((x) => encodeLatents(p, config, x));
    const before = (x: typeof a) => tf.slice(x, [0, 0, 0, 0, 0], [1, steps, 2, 2, 6]);
    expect(maxDifference(before(a), before(b))).toBeLessThan(1e-6);
    expect(maxDifference(a, b)).toBeGreaterThan(1e-4);
  });

  it.each([1, 2, 3])('frames of the first %i steps of tokens are decoded without those after', (steps) => {
    const { codes } = autoencode(p, config, clip);
    const first = tf.slice(codes, [0, 0, 0, 0, 0], [1, steps, 2, 2, 6]);
    const other = tf.concat([first, tf.zeros([1, 5 - steps, 2, 2, 6])], 1);
    const frames = [codes, other].map((each) => tf.slice(decode(each), [0, 0, 0, 0, 0], [1, 4 * steps - 3, 16, 16, 3]));
    expect(maxDifference(frames[0], frames[1])).toBeLessThan(1e-6);
  });

  it('reads a single frame as it reads the first of a video', () => {
    const alone = encodeLatents(p, config, tf.slice(clip, [0, 0, 0, 0, 0], [1, 1, 16, 16, 3]));
    const video = tf.slice(encodeLatents(p, config, clip), [0, 0, 0, 0, 0], [1, 1, 2, 2, 6]);
    expect(maxDifference(alone, video)).toBeLessThan(1e-6);
  });

  const decode = (codes: Tensor) => decodeCodes(p, config, codes);
});

it('leaks no tensors, and refuses sides and lengths that have no tokens', () => {
  const p = Parameters.initialize(specs, new Random(5));
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const tokens = tokenize(p, config, tf.zeros([1, 9, 16, 16, 3]));
    expect(tokens.shape).toEqual([1, 3, 2, 2]);
    expect(detokenize(p, config, tokens).shape).toEqual([1, 9, 16, 16, 3]);
    expect(() => tokenize(p, config, tf.zeros([1, 9, 16, 12, 3]))).toThrow(/multiples of 8, got \[1,9,16,12,3\]/);
    expect(() => tokenize(p, config, tf.zeros([1, 8, 16, 16, 3]))).toThrow(/1 \+ 4 n frames .* got \[1,8,16,16,3\]/);
  });
  expect(tf.memory().numTensors).toBe(before);
});
