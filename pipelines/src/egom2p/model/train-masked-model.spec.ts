import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenShardWriter } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { maskingConfigSchema } from '@egolab/masked-model';
import { tf } from '@egolab/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StageResult } from '../../stage.ts';
import { tinyConfig, tinyModalities } from './fixtures/tiny-run.ts';
import { createMaskedModel } from './masked-model-files.ts';
import { openTokens, tokenFolder, tokenFormats, tokenizedSources } from './tokens.ts';
import { streamPosition, trainMaskedModel } from './train-masked-model.ts';

const root = mkdtempSync(join(tmpdir(), 'egolab-masked-training-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Clips whose modalities all say the same number: one can be told from another. */
function writeSource(source: string, clips: number, names: string[]): void {
  const random = new Random(source);
  const formats = Object.fromEntries(names.map((name) => [name, tinyModalities[name]]));
  const writer = new TokenShardWriter(tokenFolder(root, 'train', source), formats, 5);
  for (let i = 0; i < clips; i++) {
    const number = random.integer(0, 15);
    const tokens = names.map((name) => [name, new Int32Array(name === 'tok_rgb' ? 80 : 30).fill(number)] as const);
    writer.add({ key: `clip-${i}`, tokens: Object.fromEntries(tokens) });
  }
  writer.close();
}

beforeAll(() => {
  writeSource('egogen', 11, ['tok_cam', 'tok_rgb']);
  writeSource('holoassist', 14, ['tok_cam', 'tok_gaze', 'tok_rgb']);
  writeSource('holoassist.no-camera', 3, ['tok_gaze', 'tok_rgb']);
});

const sources = ['egogen', 'holoassist'];
const settings = (localBatchSize: number, epochs = 6) => ({
  masking: maskingConfigSchema.parse({ numInputTokens: 60, numTargetTokens: 60 }),
  loss: 'available' as const,
  samplesPerEpoch: null,
  training: {
    epochs,
    globalBatchSize: 8,
    localBatchSize,
    optimizer: { learningRate: 1e-2, warmupRatio: 0.1, weightDecay: 0.05, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, maxGradNorm: 1 }, // prettier-ignore
    precision: 'float32' as const,
    gradientCheckpointing: false,
    attention: 'full' as const,
    saveEverySteps: 3,
  },
});

/** Train from the start or from what the folder holds; stop after `stopAfter` steps. */
async function train(name: string, stopAfter = Infinity, local = 8): Promise<{ digest: string; result: StageResult }> {
  const stateFolder = join(root, name);
  mkdirSync(stateFolder, { recursive: true });
  const stop = new AbortController();
  const tracker = {
    runId: 'run',
    logMetrics: (_: unknown, step?: number) => (step === stopAfter ? stop.abort() : undefined),
    logParams() {},
    setTags() {},
    logArtifact() {},
    logDataset() {},
  };
  const trained = createMaskedModel(tinyConfig, new Random(1));
  const stream = openTokens(root, 'train', sources, tinyModalities, 9);
  const context = { seed: 9, stateFolder, tracker, signal: stop.signal } as unknown as Parameters<typeof trainMaskedModel>[0]; // prettier-ignore
  const result = await trainMaskedModel(context, 'masked', trained, stream, settings(local));
  const digest = trained.parameters.digest();
  trained.dispose();
  return { digest, result };
}

describe('masked training', () => {
  it('learns, and goes on after a stop within an epoch with the same bits', async () => {
    const before = tf.memory().numTensors;
    const whole = await train('whole');
    const losses = whole.result.history!.map(({ loss }) => loss);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-6))).toBeLessThan(mean(losses.slice(0, 4)) - 0.1);
    expect(Object.keys(whole.result.history![0])).toEqual(
      expect.arrayContaining(['loss', 'tok_cam', 'tok_depth', 'tok_gaze', 'tok_rgb']),
    );
    const stopped = await train('stopped', 6);
    expect(stopped.digest).not.toBe(whole.digest);
    const resumed = await train('stopped');
    expect(resumed.digest).toBe(whole.digest);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads the same clips in the same order whatever batches and micro-batches there are', () => {
    const clips = 28;
    const positions = (batchSize: number, local: number) => {
      const all: number[] = [];
      const stepsPerEpoch = Math.ceil(clips / batchSize);
      for (let step = 1; step <= 2 * stepsPerEpoch; step++) {
        const size = step % stepsPerEpoch === 0 ? clips - (stepsPerEpoch - 1) * batchSize : batchSize;
        for (let begin = 0; begin < size; begin += local) {
          const span = { begin, end: Math.min(size, begin + local), size };
          for (let i = 0; i < span.end - begin; i++) all.push(streamPosition({ step, span }, i, clips, batchSize));
        }
      }
      return all;
    };
    for (const [batchSize, local] of [
      [8, 8],
      [8, 3],
      [5, 2],
      [28, 4],
    ])
      // prettier-ignore
      expect(positions(batchSize, local)).toEqual([...Array(2 * clips).keys()]);
  });

  it('refuses a data set without tokens, and ones that were tokenized differently', () => {
    expect(tokenizedSources(root, 'train')).toEqual(['egogen', 'holoassist', 'holoassist.no-camera']);
    const { mixture } = openTokens(root, 'train', sources, tinyModalities, 9);
    expect(mixture.length).toBe(28);
    expect(() => openTokens(root, 'train', ['egoge'], tinyModalities, 9)).toThrow(/no tokens of 'egoge'\n.*"egogen"/);
    expect(Object.keys(tokenFormats(root, 'train'))).toEqual(['tok_cam', 'tok_rgb', 'tok_gaze']);
    const writer = new TokenShardWriter(tokenFolder(root, 'train', 'taco'), {
      tok_cam: { vocabularySize: 99, shape: [30] },
    });
    writer.close();
    expect(() => tokenFormats(root, 'train')).toThrow(/taco\/tokens.json: tok_cam: expected .*16.* got .*99/);
  });
});
