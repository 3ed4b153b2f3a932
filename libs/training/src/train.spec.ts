import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { UserError } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { tinyTraining } from './fixtures/tiny.ts';
import { type AllReduce, train, TrainingDiverged, type TrainingRecord } from './index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-train-'));
const TOTAL_STEPS = 12; // 4 epochs of 22 examples in batches of 8

async function rejection(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(() => undefined, (thrown: unknown) => thrown); // prettier-ignore
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

/** What two runs must share: everything but the clock. */
const untimed = (history: TrainingRecord[]) => history.map((record) => ({ ...record, samplesPerSecond: 0 }));

/** Run to the end in one go; the digest of the final weights and the history. */
async function undisturbed(overrides = {}) {
  const options = tinyTraining(folder(), overrides);
  const { history } = await train(options);
  return { digest: options.parameters[0].digest(), history: untimed(history) };
}

/** Ask for a stop before `step` is done, so that it is the last one. */
function stopAt(step: number) {
  const controller = new AbortController();
  const abortIf = (done: number) => done === step - 1 && controller.abort();
  abortIf(0);
  return { signal: controller.signal, onRecord: (record: TrainingRecord) => abortIf(record.step) };
}

describe('train', () => {
  it('learns, records each step, and leaves frozen weights alone', async () => {
    const records: TrainingRecord[] = [];
    const options = tinyTraining(folder(), { epochs: 20, saveEverySteps: 100, onRecord: (record) => records.push(record) });
    const [p] = options.parameters;
    const before = p.names().map((name) => p.digest(name));
    const { steps, interrupted, history } = await train(options);
    expect({ steps, interrupted, rows: history.length }).toEqual({ steps: 60, interrupted: false, rows: 60 });
    expect(history).toEqual(records);
    expect(Object.keys(history[0])).toEqual(['step', 'epoch', 'loss', 'learningRate', 'gradNorm', 'samplesPerSecond', 'absolute']);
    expect(history[0].learningRate).toBe(0);
    expect(history.at(-1)!.epoch).toBe(20);
    expect(history.at(-1)!.loss).toBeLessThan(history[0].loss / 2);
    expect(p.names().filter((name, i) => p.digest(name) !== before[i])).toEqual(['hidden.weight', 'hidden.bias', 'out.weight']);
  });

  it('gives the same bits twice', async () => {
    expect(await undisturbed()).toEqual(await undisturbed());
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

  it('weighs every sample the same, in micro-batches of any size and in the short batch of an epoch', async () => {
    const [whole, parts] = [8, 2].map((localBatchSize) => tinyTraining(folder(), { localBatchSize, dropoutRate: 0 }));
    const [a, b] = [await train(whole), await train(parts)];
    expect(largestDifference(a.history, b.history)).toBeLessThan(1e-6);
    for (const name of whole.parameters[0].names()) expectClose(whole.parameters[0].get(name), parts.parameters[0].get(name));
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
    expect((await rejection(train(tinyTraining(folder(), { localBatchSize: 3 })))).message).toMatch(/global batch of 8 isn't a multiple of local batch 3 x 1 worker/);
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

describe('resuming', () => {
  it('ends with the bits and the history of an undisturbed run, wherever it was stopped', async () => {
    const expected = await undisturbed();
    for (const stops of [[1], [3, 5], [2, 6, 8, 11], [12]]) {
      const stateFolder = folder();
      for (const step of stops) {
        const { steps, interrupted } = await train(tinyTraining(stateFolder, stopAt(step)));
        expect({ steps, interrupted }).toEqual({ steps: step, interrupted: true });
      }
      const last = tinyTraining(stateFolder);
      const { steps, interrupted, history } = await train(last);
      expect({ steps, interrupted }).toEqual({ steps: TOTAL_STEPS, interrupted: false });
      expect({ digest: last.parameters[0].digest(), history: untimed(history) }).toEqual(expected);
    }
  });

  it('goes on from the last save after a crash, and tells repeated steps from new ones', async () => {
    const expected = await undisturbed();
    const stateFolder = folder();
    const crashing = tinyTraining(stateFolder, {
      onRecord: ({ step }) => {
        if (step === 6) throw new Error('crash'); // steps 4 and 5 are in history.csv, the state is at 3
      },
    });
    await expect(train(crashing)).rejects.toThrow('crash');
    writeFileSync(join(stateFolder, 'history.csv'), '6,2,0.1', { flag: 'a' }); // cut in the middle of a row
    writeFileSync(join(stateFolder, '.train-state.safetensors.123.partial'), 'cut');
    const seen: [number, boolean][] = [];
    const options = tinyTraining(stateFolder, { onRecord: ({ step }, { repeated }) => seen.push([step, repeated]) });
    const { history } = await train(options);
    expect(seen.map(([step]) => step)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(seen.filter(([, repeated]) => repeated).map(([step]) => step)).toEqual([4, 5]);
    expect({ digest: options.parameters[0].digest(), history: untimed(history) }).toEqual(expected);
    expect(readdirSync(stateFolder).sort()).toEqual(['history.csv', 'train-state.safetensors']);
  });

  it('refuses a state of other settings and says which', async () => {
    const stateFolder = folder();
    const identity = { data: { digest: 'abc' } };
    await train(tinyTraining(stateFolder, { ...stopAt(2), identity }));
    const changed = tinyTraining(stateFolder, { seed: 6, schedule: 'constant', identity: { data: { digest: 'abd' } } });
    changed.optimizer.learningRate = 0.02;
    changed.parameters[0].assign('frozen.weight', new Float32Array(32 * 8));
    const { message, where } = await rejection(train(changed));
    expect(where).toBe(join(stateFolder, 'train-state.safetensors'));
    expect(message).toContain('seed: 5 there, 6 here');
    expect(message).toContain('optimizer.learningRate: 0.01 there, 0.02 here');
    expect(message).toContain('schedule: "cosine" there, "constant" here');
    expect(message).toContain('data.digest: "abc" there, "abd" here');
    expect(message).toContain('the frozen weights');
    const other = tinyTraining(stateFolder, { identity });
    const bias = other.parameters[0].get('hidden.bias');
    const fewer = train({ ...other, trainable: new Map([['hidden.bias', bias]]) });
    expect((await rejection(fewer)).message).toContain('the frozen weights');
  });

  it('refuses to go on without its history, and with a state that is cut', async () => {
    const stateFolder = folder();
    await train(tinyTraining(stateFolder, stopAt(4)));
    const history = readFileSync(join(stateFolder, 'history.csv'), 'utf8').split('\n');
    writeFileSync(join(stateFolder, 'history.csv'), `${history.slice(0, 3).join('\n')}\n`);
    expect((await rejection(train(tinyTraining(stateFolder)))).message).toMatch(/history\.csv: holds 2 of the 4 steps/);
    const state = join(stateFolder, 'train-state.safetensors');
    writeFileSync(state, readFileSync(state).subarray(0, -5));
    expect((await rejection(train(tinyTraining(stateFolder)))).message).toMatch(/train-state\.safetensors: .*the file is cut/);
  });

  it('begins anew, with a new history, when the state was removed', async () => {
    const stateFolder = folder();
    await train(tinyTraining(stateFolder, stopAt(4)));
    rmSync(join(stateFolder, 'train-state.safetensors'));
    const { history } = await train(tinyTraining(stateFolder));
    expect(untimed(history)).toEqual((await undisturbed()).history);
    expect(existsSync(join(stateFolder, 'train-state.safetensors'))).toBe(true);
  });
});

describe('data-parallel workers', () => {
  it.each([2, 3])('%i of them give the loss and the weights of one process', async (size) => {
    const one = await singleRun();
    const meeting = new Meeting(size);
    const stateFolder = folder();
    const workers = Array.from({ length: size }, (_, rank) =>
      tinyTraining(stateFolder, { localBatchSize: 1, globalBatchSize: 6, dropoutRate: 0, allReduce: meeting.worker(rank) }),
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
  private arrived: { means: Map<string, Tensor>; count: number; resolve: (reduced: Map<string, Tensor>) => void }[] = [];

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
    const mean = (name: string) => tf.tidy(() => tf.keep(tf.addN(workers.map(({ means, count }) => tf.mul(means.get(name)!, count / total)))));
    for (const { resolve } of workers) resolve(new Map([...workers[0].means.keys()].map((name) => [name, mean(name)])));
    for (const { means } of workers) tf.dispose([...means.values()]);
  }
}

function largestDifference(a: TrainingRecord[], b: TrainingRecord[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.flatMap((record, i) => ['loss', 'absolute', 'gradNorm', 'learningRate'].map((key) => Math.abs(record[key] - b[i][key]))));
}

function expectClose(a: Tensor, b: Tensor): void {
  const [x, y] = [a.dataSync(), b.dataSync()];
  expect(Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i])))).toBeLessThan(1e-6);
}
