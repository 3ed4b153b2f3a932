import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@egolab/foundation';
import { init, Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { expect, it } from 'vitest';
import { tinyTraining } from './fixtures/tiny.ts';
import { train, type TrainOptions } from './index.ts';

type TinyOptions = ReturnType<typeof tinyTraining>;

/**
 * The tiny training with two buffers: a moving average of the inputs, and one sample of every step's global batch, drawn alike
 * however the batch is split.
 */
function buffered(
  overrides: Partial<Pick<TinyOptions, 'localBatchSize' | 'signal' | 'onRecord' | 'stateFolder'>> = {},
) {
  const tiny = tinyTraining(overrides.stateFolder ?? mkdtempSync(join(tmpdir(), 'egolab-buffers-')), {
    dropoutRate: 0,
    ...overrides,
  });
  const buffers = Parameters.initialize(
    { average: { shape: [8], init: init.zeros() }, drawn: { shape: [8], init: init.zeros() } },
    new Random(1),
  );
  const options: TinyOptions = {
    ...tiny,
    loss(batch, context) {
      const { begin, end, size } = context.span;
      const chosen = context.stepRandom.integer(0, size - 1);
      // its mean over the step is the chosen sample
      const drawn =
        chosen >= begin && chosen < end
          ? tf.mul(tf.slice(batch.x, [chosen - begin, 0], [1, 8]).squeeze([0]), size / (end - begin))
          : tf.zeros([8]);
      return { ...tiny.loss(batch, context), statistics: { mean: tf.mean(batch.x, 0), drawn } };
    },
    updateBuffers(statistics) {
      const average = buffers.get('average');
      average.assign(tf.add(tf.mul(average, 0.9), tf.mul(statistics.get('mean')!, 0.1)));
      buffers.get('drawn').assign(tf.clone(statistics.get('drawn')!));
    },
    buffers: buffers.variables,
  };
  const parameters: TrainOptions<unknown>['parameters'] = [...tiny.parameters, buffers];
  return { options: { ...options, parameters }, buffers };
}

const values = (buffers: Parameters) => buffers.names().flatMap((name) => [...buffers.get(name).dataSync()]);

it('updates buffers from means over the global batch, in micro-batches of any size', async () => {
  const [whole, parts] = [buffered({ localBatchSize: 8 }), buffered({ localBatchSize: 2 })];
  const before = tf.memory().numTensors;
  await train(whole.options);
  await train(parts.options);
  expect(tf.memory().numTensors).toBe(before);
  const [a, b] = [values(whole.buffers), values(parts.buffers)];
  expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.1);
  expect(Math.max(...a.map((value, i) => Math.abs(value - b[i])))).toBeLessThan(1e-6);
});

it('saves buffers and goes on with them bit-identically', async () => {
  const undisturbed = buffered();
  await train(undisturbed.options);
  const stateFolder = mkdtempSync(join(tmpdir(), 'egolab-buffers-'));
  const controller = new AbortController();
  const stopped = buffered({
    stateFolder,
    signal: controller.signal,
    onRecord: ({ step }) => step === 4 && controller.abort(),
  });
  expect((await train(stopped.options)).interrupted).toBe(true);
  const resumed = buffered({ stateFolder });
  await train(resumed.options);
  expect(resumed.buffers.digest()).toBe(undisturbed.buffers.digest());
  expect(resumed.options.parameters[0].digest()).toBe(undisturbed.options.parameters[0].digest());
});
