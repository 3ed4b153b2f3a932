import { fileURLToPath } from 'node:url';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { AdamW } from '@egolab/training';
import {
  groundingLoss,
  highlightLabels,
  highlightLoss,
  predictWindows,
  spanLoss,
  vslnet,
  vslnetConfigSchema,
  vslnetParameters,
  type GroundingTarget,
} from './index.ts';
import { lengthMask } from './vslnet.ts';

// made by tools/parity/vslnet.py from PyTorch
const checkpoint = openCheckpoint(fileURLToPath(new URL('fixtures/vslnet.safetensors', import.meta.url)));
const fixture = (name: string): Tensor => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape);
const config = vslnetConfigSchema.parse({
  videoDim: 5,
  queryDim: 6,
  dim: 8,
  numHeads: 2,
  maxPositions: 12,
  numConvolutions: 2,
  highlightExtension: 0.3,
});
const parameters = () => Parameters.read(vslnetParameters(config), (name) => checkpoint.read(`parameters.${name}`));
const videoLengths = [10, 7, 10];
const batch = () => ({
  video: fixture('video'),
  videoLengths,
  query: fixture('query'),
  queryLengths: [3, 4, 2],
});
const targets = [
  { start: 2, end: 5 },
  { start: 0, end: 6 },
  { start: 4, end: 4 },
];
const difference = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
};

describe('VSLNet against PyTorch', () => {
  it('has the parameters of the release', () => {
    const names = checkpoint.names().filter((name) => name.startsWith('parameters.'));
    expect(Object.keys(vslnetParameters(config)).sort()).toEqual(names.map((name) => name.slice(11)).sort());
  });

  it('forward, with padding', () => {
    const logits = vslnet(parameters(), config, batch());
    const mask = lengthMask(videoLengths, 10);
    for (const name of ['start', 'end'] as const) {
      const shown = (x: Tensor) => tf.mul(tf.maximum(x, -1e6), mask);
      expect(difference(shown(logits[name]), shown(fixture(name)))).toBeLessThan(1e-4);
      expect(tf.max(tf.where(tf.cast(mask, 'bool'), -1e30, logits[name])).dataSync()[0]).toBeLessThan(-1e29);
    }
    expect(difference(logits.highlight, fixture('highlight'))).toBeLessThan(1e-4);
  });

  it('losses', () => {
    const logits = { highlight: fixture('highlight'), start: fixture('start'), end: fixture('end') };
    const mask = lengthMask(videoLengths, 10);
    const labels = targets.map((target, i) => highlightLabels(target, videoLengths[i], 10, 0.3));
    expect(difference(tf.tensor2d(labels), fixture('labels'))).toBe(0);
    const highlight = highlightLoss(logits.highlight, fixture('labels'), mask);
    expect(difference(tf.reshape(highlight, [1]), fixture('highlight_loss'))).toBeLessThan(1e-5);
    expect(difference(tf.reshape(spanLoss(logits, targets), [1]), fixture('span_loss'))).toBeLessThan(1e-5);
    const loss = groundingLoss(logits, targets, videoLengths, config);
    expect(difference(tf.reshape(loss, [1]), fixture('loss'))).toBeLessThan(1e-4);
  });

  it('gradients of the whole loss', () => {
    const p = parameters();
    const { grads } = valueAndGrads(
      () => groundingLoss(vslnet(p, config, batch()), targets, videoLengths, config),
      p.variables.values(),
    );
    for (const [name, variable] of p.variables)
      expect(difference(grads.get(variable.name)!, fixture(`grad.${name}`)), name).toBeLessThan(1e-4);
  });
});

describe('VSLNet', () => {
  it('drops by its own stream while training, and nothing otherwise', () => {
    const p = parameters();
    const start = (seed?: number) =>
      vslnet(p, config, batch(), seed === undefined ? undefined : new Random(seed)).start;
    expect(difference(start(1), start(1))).toBe(0);
    expect(difference(start(), start())).toBe(0);
    expect(difference(tf.maximum(start(1), -9), tf.maximum(start(2), -9))).toBeGreaterThan(1e-3);
  });

  it('keeps no tensors, and a query without padding does not see that of others', () => {
    const p = parameters();
    const { query, ...rest } = batch();
    const padding = tf.expandDims(tf.sub(1, lengthMask([3, 4, 2], 4)), 2);
    const changed = tf.add(query, tf.mul(padding, 7));
    const before = tf.memory().numTensors;
    const logits = vslnet(p, config, { ...rest, query });
    tf.dispose({ ...logits });
    expect(tf.memory().numTensors).toBe(before);
    const [a, b] = [query, changed].map((q) =>
      tf.slice(vslnet(p, config, { ...rest, query: q }).start, [1, 0], [1, 7]),
    );
    expect(difference(a, b)).toBe(0);
  });

  it('learns where a mark is', () => {
    const sizes = { videoDim: 3, queryDim: 2, dim: 8, numHeads: 2, maxPositions: 6, numConvolutions: 1, dropout: 0 };
    const small = vslnetConfigSchema.parse(sizes);
    const p = Parameters.initialize(vslnetParameters(small), new Random(4));
    const optimizer = new AdamW(p.variables, { weightDecay: 0, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 });
    const answers = [1, 4].map((start) => ({ start, end: start + 1 }));
    const marks = ({ start, end }: GroundingTarget) =>
      Array.from({ length: 6 }, (_, t) => [Number(t === start), Number(t === end), 1]);
    const batch = {
      video: tf.tensor3d(answers.map(marks)),
      videoLengths: [6, 6],
      query: tf.ones([2, 1, 2]),
      queryLengths: [1, 1],
    };
    const losses: number[] = [];
    for (let step = 1; step <= 16; step++) {
      tf.tidy(() => {
        const loss = () => groundingLoss(vslnet(p, small, batch), answers, [6, 6], small);
        const { value, grads } = valueAndGrads(loss, p.variables.values());
        const named = new Map([...p.variables].map(([name, { name: own }]) => [name, grads.get(own)!]));
        optimizer.apply(named, { learningRate: 0.03, step });
        losses.push(value.dataSync()[0]);
      });
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] / 2);
    const windows = answers.map((answer) =>
      predictWindows(
        p,
        small,
        { data: Float32Array.from(marks(answer).flat()), length: 6, dim: 3 },
        tf.ones([1, 2]),
        12,
      ),
    );
    expect(windows.map(([first]) => first)).toEqual([
      [2, 6],
      [8, 12],
    ]);
    expect(windows[0]).toHaveLength(5);
  });

  it('says what is wrong with a batch', () => {
    const p = parameters();
    const call = (change: object) => () => vslnet(p, config, { ...batch(), ...change });
    expect(call({ videoLengths: [10, 0, 10] })).toThrow(
      /expected video \[3, 1 to 12, 5\], got \[3,10,5\] of lengths 10, 0, 10/,
    );
    expect(call({ video: tf.zeros([3, 13, 5]) })).toThrow(/1 to 12/);
    expect(call({ query: tf.zeros([3, 4, 7]) })).toThrow(/expected query \[3, 1 to 12, 6\], got \[3,4,7\]/);
  });
});
