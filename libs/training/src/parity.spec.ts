import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { openCheckpoint } from '@egolab/checkpoints';
import { Parameters, linear } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { expect, it } from 'vitest';
import { silent, train } from './index.ts';

const fixture = openCheckpoint(fileURLToPath(new URL('fixtures/adamw.safetensors', import.meta.url)));
const [steps, batchSize] = fixture.info('inputs').shape;
const names = ['hidden.weight', 'hidden.bias', 'out.weight', 'scale'];

function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(actual, (value, i) => Math.abs(value - expected[i])));
}

it.each([4, 2, 1])(
  'equals 50 steps of torch AdamW, transformers cosine schedule and torch clipping (micro-batches of %i)',
  async (localBatchSize) => {
    const specs = Object.fromEntries(
      names.map((name) => [
        name,
        { shape: fixture.info(`initial/${name}`).shape, init: () => fixture.read(`initial/${name}`) },
      ]),
    );
    const p = Parameters.read(specs, (name) => fixture.read(`initial/${name}`));
    const inputs = tf.tensor(fixture.read('inputs'), [steps, batchSize, 3]);
    const targets = tf.tensor(fixture.read('targets'), [steps, batchSize, 2]);
    const part = (x: typeof inputs, step: number, microStep: number) =>
      tf.slice(x, [step - 1, microStep * localBatchSize, 0], [1, localBatchSize, -1]).squeeze([0]);

    const { history } = await train({
      title: 'parity',
      parameters: [p],
      trainable: p.variables,
      numExamples: steps * batchSize,
      epochs: 1,
      globalBatchSize: batchSize,
      localBatchSize,
      seed: 0,
      optimizer: {
        learningRate: 0.05,
        warmupRatio: 0.1,
        weightDecay: 0.1,
        beta1: 0.9,
        beta2: 0.98,
        epsilon: 1e-6,
        maxGradNorm: 1,
      },
      schedule: 'cosine',
      precision: 'float32',
      loadBatch: async (_, { step, microStep }) =>
        tf.tidy(() => ({ x: part(inputs, step, microStep), y: part(targets, step, microStep) })),
      loss: ({ x, y }) => {
        const hidden = tf.tanh(linear(p.scope('hidden'), x));
        return {
          loss: tf.mean(tf.square(tf.sub(tf.mul(p.get('scale'), linear(p.scope('out'), hidden)), y))) as Scalar,
        };
      },
      stateFolder: mkdtempSync(join(tmpdir(), 'egolab-parity-')),
      saveEverySteps: 1000,
      progress: silent,
    });

    expect(maxDifference(history.map(({ learningRate }) => learningRate), fixture.read('learning_rate'))).toBeLessThan(1e-8); // prettier-ignore
    expect(maxDifference(history.map(({ loss }) => loss), fixture.read('loss'))).toBeLessThan(1e-5); // prettier-ignore
    expect(maxDifference(history.map(({ gradNorm }) => gradNorm), fixture.read('grad_norm'))).toBeLessThan(1e-5); // prettier-ignore
    for (const name of names)
      expect(maxDifference(p.get(name).dataSync(), fixture.read(`final/${name}`)), name).toBeLessThan(1e-5);
    tf.dispose([inputs, targets]);
    p.dispose();
  },
);
