import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EgoM2pClip } from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import {
  cameraReconstruction,
  CameraTokenizer,
  sequenceTokenizerConfigSchema,
  standardizationOf,
} from '@egolab/sequence-tokenizer';
import { afterAll, expect, it } from 'vitest';
import type { Metrics } from '../../stage.ts';
import { adaptSequenceTokenizer } from './adapt-sequence.ts';
import { sequencesOf, splitForAdaptation } from './adaptation.ts';

const state = mkdtempSync(join(tmpdir(), 'egolab-adaptation-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

/** A clip of one recording that begins at `start` and walks at `speed` metres a frame. */
const clip = (start: number, speed = 0.01): EgoM2pClip => ({
  source: 'adt',
  key: `a-${start}`,
  sequence: 'a',
  start,
  rgb: undefined,
  depth: undefined,
  gaze: undefined,
  camera: Float32Array.from(Array.from({ length: 60 }, (_, t) => [1, 0, 0, 0, 1, 0, 0, 0, speed * t]).flat()),
});

it('holds the last clips out, and every window that touches them', () => {
  const whole = [0, 2, 4].map((start) => clip(start));
  const overlapping = [0, 1, 2, 3, 4].map((start) => clip(start));
  const { windows, seen, heldOut } = splitForAdaptation(whole, overlapping, 1);
  expect(seen.map(({ start }) => start)).toEqual([0, 2]);
  expect(heldOut.map(({ start }) => start)).toEqual([4]);
  expect(windows.map(({ start }) => start)).toEqual([0, 1, 2]);
  expect(splitForAdaptation(whole, overlapping, 5)).toMatchObject({ seen: [], windows: [] });
});

it('makes a tokenizer better on what it is adapted to', async () => {
  const slow = Array.from({ length: 8 }, (_, i) => clip(i, 0.002 * i).camera!);
  const tokenizer = CameraTokenizer.initialize(
    sequenceTokenizerConfigSchema.parse({ modality: 'camera', dim: 16, depth: 1, numHeads: 2, codebookSize: 16, latentDim: 4 }), // prettier-ignore
    standardizationOf(slow),
    new Random(1),
  );
  const clips = [0, 2, 4, 6].map((start) => clip(start, 0.02));
  const parts = sequencesOf(splitForAdaptation(clips, clips, 1), ({ camera }) => camera);
  const optimizer = { learningRate: 3e-3, warmupRatio: 0.1, weightDecay: 0, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, maxGradNorm: 1 }; // prettier-ignore
  const context = {
    params: {
      codebook: { emaDecay: 0.99, deadCodes: { rule: 'per-batch' as const, coefficient: 32 } },
      commitmentWeight: 1,
      training: { epochs: 30, globalBatchSize: 3, localBatchSize: 3, optimizer, precision: 'float32' as const, gradientCheckpointing: false, saveEverySteps: 100 }, // prettier-ignore
    },
    seed: 1,
    stateFolder: state,
    tracker: { logMetrics() {} } as never,
    signal: new AbortController().signal,
  };
  const metrics = await adaptSequenceTokenizer(context, tokenizer, parts, cameraReconstruction);
  const error = (when: 'before' | 'after') => ((metrics[when] as Metrics).held_out as Metrics).translation_cm as number;
  expect(metrics.windows).toBe(3);
  expect(error('after')).toBeLessThan(0.7 * error('before'));
  tokenizer.dispose();
});
