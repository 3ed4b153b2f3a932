import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { UserError } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { rejection, tinyTraining, undisturbed } from './fixtures/tiny.ts';
import { train, TrainingDiverged, type TrainingRecord } from './index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-train-'));

describe('train', () => {
  it('learns, records each step, and leaves frozen weights alone', async () => {
    const records: TrainingRecord[] = [];
    const options = tinyTraining(folder(), {
      epochs: 20,
      saveEverySteps: 100,
      onRecord: (record) => records.push(record),
    });
    const [p] = options.parameters;
    const before = p.names().map((name) => p.digest(name));
    const { steps, interrupted, history } = await train(options);
    expect({ steps, interrupted, rows: history.length }).toEqual({ steps: 60, interrupted: false, rows: 60 });
    expect(history).toEqual(records);
    expect(Object.keys(history[0])).toEqual([
      'step',
      'epoch',
      'loss',
      'learningRate',
      'gradNorm',
      'samplesPerSecond',
      'absolute',
    ]);
    expect(history[0].learningRate).toBe(0);
    expect(history.at(-1)!.epoch).toBe(20);
    expect(history.at(-1)!.loss).toBeLessThan(history[0].loss / 2);
    expect(p.names().filter((name, i) => p.digest(name) !== before[i])).toEqual([
      'hidden.weight',
      'hidden.bias',
      'out.weight',
    ]);
  });

  it('gives the same bits twice, other ones in the other precision', async () => {
    const [single, half] = [await undisturbed(), await undisturbed({ precision: 'bfloat16' })];
    expect(await undisturbed()).toEqual(single);
    expect(await undisturbed({ precision: 'bfloat16' })).toEqual(half);
    expect(half.digest).not.toBe(single.digest);
    expect(Math.abs(half.history[0].loss - single.history[0].loss)).toBeLessThan(0.01 * single.history[0].loss);
  });

  it('holds no more tensors after any step than after the first, and none at the end', async () => {
    const options = tinyTraining(folder(), { epochs: 10, saveEverySteps: 10 });
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    await train({ ...options, onRecord: () => counts.push(tf.memory().numTensors) });
    expect(counts).toHaveLength(30);
    expect(new Set(counts.slice(0, -1)).size).toBe(1); // at the last step nothing is loaded ahead
    expect(counts.at(-1)!).toBeLessThan(counts[0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops at the first value that is not finite, names it, and leaves the weights as they were', async () => {
    const options = tinyTraining(folder());
    const { loss } = options;
    const [p] = options.parameters;
    const digests: string[] = [];
    const before = tf.memory().numTensors;
    const poisoned = train({
      ...options,
      loss: (batch, context) => {
        digests.push(p.digest());
        const result = loss(batch, context);
        return context.step === 3 ? { ...result, loss: tf.div(result.loss, 0) as Scalar } : result;
      },
    });
    const error = (await rejection(poisoned)) as TrainingDiverged;
    expect(error).toBeInstanceOf(TrainingDiverged);
    expect([error.step, error.tensor]).toEqual([3, 'loss']);
    expect(error.message).toMatch(/diverged at step 3: the loss is Infinity \(examples \d+, /);
    expect(p.digest()).toBe(digests.at(-1));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names the parameter whose gradient is not finite', async () => {
    const options = tinyTraining(folder());
    const bias = options.parameters[0].get('hidden.bias');
    const error = await rejection(
      train({
        ...options,
        // the square root's derivative at 0 is infinite
        loss: (batch, context) => {
          const { loss } = options.loss(batch, context);
          return { loss: tf.add(loss, tf.sum(tf.sqrt(tf.mul(bias, 0)))) as Scalar };
        },
      }),
    );
    expect((error as TrainingDiverged).tensor).toBe('gradient of hidden.bias');
  });

  it('refuses batch sizes that do not fit, and no data', async () => {
    expect((await rejection(train(tinyTraining(folder(), { localBatchSize: 3 })))).message).toMatch(
      /global batch of 8 isn't a multiple of local batch 3 x 1 worker/,
    );
    expect((await rejection(train(tinyTraining(folder(), { numExamples: 0 })))).message).toMatch(/nothing to train on/);
    expect((await rejection(train(tinyTraining(folder(), { epochs: 0 })))).message).toMatch(/epochs must be positive/);
  });

  it('reports a batch that cannot be loaded, with nothing left behind', async () => {
    const options = tinyTraining(folder());
    const before = tf.memory().numTensors;
    const failing = train({
      ...options,
      loadBatch: async (indices, context) => {
        if (context.step === 2) throw new UserError({ what: 'the video is cut', where: 'a.mp4' });
        return options.loadBatch(indices, context);
      },
    });
    expect((await rejection(failing)).message).toContain('a.mp4: the video is cut');
    expect(tf.memory().numTensors).toBe(before);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });
});
