import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { tinyTraining } from './fixtures/tiny.ts';
import { type AllReduce, train, type TrainingRecord } from './index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-global-batch-'));

it('weighs every sample the same, in micro-batches of any size and in the short batch of an epoch', async () => {
  const [whole, parts] = [8, 2].map((localBatchSize) => tinyTraining(folder(), { localBatchSize, dropoutRate: 0 }));
  const [a, b] = [await train(whole), await train(parts)];
  expect(largestDifference(a.history, b.history)).toBeLessThan(1e-6);
  for (const name of whole.parameters[0].names())
    expectClose(whole.parameters[0].get(name), parts.parameters[0].get(name));
});

describe('data-parallel workers', () => {
  it.each([2, 3])('%i of them give the loss and the weights of one process', async (size) => {
    const one = await singleRun();
    const meeting = new Meeting(size);
    const stateFolder = folder();
    const workers = Array.from({ length: size }, (_, rank) =>
      tinyTraining(stateFolder, {
        localBatchSize: 1,
        globalBatchSize: 6,
        dropoutRate: 0,
        allReduce: meeting.worker(rank),
      }),
    );
    const before = tf.memory().numTensors;
    const [first, second] = await Promise.all(workers.map((worker) => train(worker)));
    expect(tf.memory().numTensors).toBe(before);
    expect(second.history).toEqual([]);
    expect(largestDifference(first.history, one.history)).toBeLessThan(1e-6);
    for (const name of one.parameters.names()) {
      for (const worker of workers) expectClose(worker.parameters[0].get(name), one.parameters.get(name));
    }
    expect(new Set(workers.map((worker) => worker.parameters[0].digest())).size).toBe(1);
  });

  it('all stop, saved, when one is asked to', async () => {
    const meeting = new Meeting(2);
    const stateFolder = folder();
    const controller = new AbortController();
    const workers = [0, 1].map((rank) =>
      tinyTraining(stateFolder, {
        allReduce: meeting.worker(rank),
        signal: rank === 1 ? controller.signal : undefined,
        onRecord: ({ step }) => step === 4 && controller.abort(),
      }),
    );
    const results = await Promise.all(workers.map((worker) => train(worker)));
    expect(results.map(({ steps, interrupted }) => ({ steps, interrupted }))).toEqual([
      { steps: 5, interrupted: true },
      { steps: 5, interrupted: true },
    ]);
  });

  async function singleRun() {
    // 22 examples in batches of 6: the last of an epoch has 4, so that shares differ in size
    const options = tinyTraining(folder(), { globalBatchSize: 6, localBatchSize: 6, dropoutRate: 0 });
    const { history } = await train(options);
    return { parameters: options.parameters[0], history };
  }
});

/** Workers of one process that wait for each other; means weighted by sample counts. */
class Meeting {
  private arrived: { means: Map<string, Tensor>; count: number; resolve: (reduced: Map<string, Tensor>) => void }[] =
    [];

  constructor(private readonly size: number) {}

  worker(rank: number): AllReduce {
    return {
      rank,
      size: this.size,
      reduce: (means, count) =>
        new Promise((resolve) => {
          this.arrived[rank] = { means, count, resolve };
          if (this.arrived.filter(Boolean).length === this.size) this.meet();
        }),
    };
  }

  private meet(): void {
    const workers = this.arrived;
    this.arrived = [];
    const total = workers.reduce((sum, { count }) => sum + count, 0);
    const mean = (name: string) =>
      tf.tidy(() => tf.keep(tf.addN(workers.map(({ means, count }) => tf.mul(means.get(name)!, count / total)))));
    for (const { resolve } of workers) resolve(new Map([...workers[0].means.keys()].map((name) => [name, mean(name)])));
    for (const { means } of workers) tf.dispose([...means.values()]);
  }
}

function largestDifference(a: TrainingRecord[], b: TrainingRecord[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(
    ...a.flatMap((record, i) =>
      ['loss', 'absolute', 'gradNorm', 'learningRate'].map((key) => Math.abs(record[key] - b[i][key])),
    ),
  );
}

function expectClose(a: Tensor, b: Tensor): void {
  const [x, y] = [a.dataSync(), b.dataSync()];
  expect(Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i])))).toBeLessThan(1e-6);
}
