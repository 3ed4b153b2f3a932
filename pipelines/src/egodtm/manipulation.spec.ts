import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createDualEncoder, dualEncoderConfigSchema } from '@egolab/dual-encoder';
import { Random } from '@egolab/foundation';
import { FrankaKitchen, roboticsPython, type KitchenImages, type KitchenSettings } from '@egolab/franka-kitchen';
import { tf } from '@egolab/runtime';
import { openNullTracker, type RunStart } from '../tracker.ts';
import {
  actor,
  blind,
  clonePolicy,
  demonstrationsOf,
  expertSteps,
  frozenEyes,
  rollouts,
  type Eyes,
} from './manipulation.ts';
import type { DualEncoder } from './model.ts';

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const fake = fileURLToPath(new URL('../../../libs/franka-kitchen/src/fixtures/fake_kitchen.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'egolab-manipulation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings: KitchenSettings = {
  renderer: 'rays',
  camera: 'default',
  imageSize: 4,
  maxSteps: 8,
  variation: { kitchen: 0, joints: 0 },
  timeoutSeconds: 20,
};

/** Mean brightness: all that the fake kitchen shows. */
const brightness: Eyes = {
  width: 1,
  see: (images, count) => Float32Array.from({ length: count }, (_, i) => images!.data[i * images!.size ** 2 * 3] / 255),
};

const still = (brightnesses: number[], size: number): KitchenImages => ({
  data: Uint8Array.from(brightnesses.flatMap((value) => Array<number>(size * size * 3).fill(value))),
  count: brightnesses.length,
  size,
});

const cloning = {
  hiddenSizes: [16],
  steps: 80,
  batchSize: 8,
  optimizer: {
    learningRate: 0.02,
    warmupRatio: 0,
    weightDecay: 0,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    maxGradNorm: 10,
  },
  saveEverySteps: 100,
};

describe.skipIf(!existsSync(python))('manipulation, with a kitchen of its own', () => {
  it('a cloned policy that sees does what one without eyes cannot', async () => {
    const before = tf.memory().numTensors;
    const tracker = await openNullTracker({ runId: null } as RunStart);
    const kitchen = new FrankaKitchen(python, settings, fake);
    const file = join(folder, 'demonstrations');
    const success: Record<string, number> = {};
    try {
      await kitchen.open('slide-door', settings);
      await kitchen.collect({ file, count: 10, maxAttempts: 10, firstSeed: 0, noise: 0 });
      const { demonstrations, skipped } = await demonstrationsOf(kitchen, file, 9);
      expect(skipped).toEqual(['7']); // it isn't completed
      for (const [name, eyes] of Object.entries({ brightness, blind })) {
        const context = { seed: 0, stateFolder: join(folder, name), tracker, signal: new AbortController().signal };
        const expert = expertSteps(demonstrations, eyes);
        expect(expert.width).toBe(eyes.width + 9);
        const { policy } = await clonePolicy(context, name, expert, cloning, new Random(1));
        await kitchen.open('slide-door', settings, eyes.width > 0);
        const seeds = Array.from({ length: 12 }, (_, i) => 100 + i);
        const episodes = await rollouts(kitchen, actor(policy, eyes), seeds, {
          signal: context.signal,
          onEpisode() {},
        });
        success[name] = episodes.filter((episode) => episode.success).length;
        policy.parameters.dispose();
        policy.buffers.dispose();
      }
    } finally {
      await kitchen.close();
    }
    expect(success['brightness']).toBeGreaterThanOrEqual(11);
    expect(success['blind']).toBeLessThanOrEqual(7);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names a file with too few demonstrations', async () => {
    const kitchen = new FrankaKitchen(python, settings, fake);
    const file = join(folder, 'few');
    await kitchen.open('slide-door', settings);
    await kitchen.collect({ file, count: 2, maxAttempts: 2, firstSeed: 0, noise: 0 });
    await expect(demonstrationsOf(kitchen, file, 3)).rejects.toMatchObject({
      what: 'expected 3 episodes that do the task, found 2 of 2',
      where: file,
    });
    await kitchen.close();
  });
});

it('the frozen encoder sees pictures of any size, each as a clip that stands still', () => {
  const before = tf.memory().numTensors;
  const layers = { hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2 };
  const config = dualEncoderConfigSchema.parse({
    vision_config: { ...layers, image_size: 8, patch_size: 4, num_frames: 2 },
    text_config: { ...layers, vocab_size: 16, max_position_embeddings: 8, eos_token_id: 2 },
    projection_dim: 4,
  });
  const encoder = createDualEncoder(config, new Random(2));
  const model = { config, encoder } as DualEncoder;
  for (const [feature, width] of [
    ['class', 8],
    ['projected', 4],
  ] as const) {
    const eyes = frozenEyes(model, feature);
    expect(eyes.width).toBe(width);
    const values = [...eyes.see(still([10, 200, 10], 8), 3)];
    const rows = [0, 1, 2].map((row) => values.slice(row * width, (row + 1) * width));
    const apart = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    expect(apart(rows[0], rows[2])).toBeLessThan(1e-6);
    expect(apart(rows[0], rows[1])).toBeGreaterThan(1e-3);
    expect(apart(rows[0], [...eyes.see(still([10], 20), 1)])).toBeLessThan(1e-4);
  }
  encoder.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('a missing robotics environment is a mistake that can be mended', () => {
  expect(() => roboticsPython(folder)).toThrow(
    /robotics environment is missing\n {2}run `node tools\/setup\/robotics.mjs`/,
  );
});
