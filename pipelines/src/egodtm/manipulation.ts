import { PIXEL_STATISTICS, normalizePixels, projectVideo, videoTower } from '@egolab/dual-encoder';
import { UserError, type Random } from '@egolab/foundation';
import {
  act,
  ACTIONS,
  cloningLoss,
  createPolicy,
  PROPRIOCEPTION,
  rollout,
  updateStatistics,
  type Act,
  type Demonstration,
  type FrankaKitchen,
  type KitchenImages,
  type Policy,
  type Rollout,
} from '@egolab/franka-kitchen';
import { tf, valuesOf } from '@egolab/runtime';
import { clipResize } from '@egolab/video';
import { trainTask, type TrainingTask } from '../exo2ego/training.ts';
import type { Metrics, StageContext } from '../stage.ts';
import type { DualEncoder } from './model.ts';

/** What a policy knows of the kitchen beside the arm's joints: nothing where it is blind. */
export interface Eyes {
  /** numbers an observation */
  readonly width: number;
  /** `[picture, width]`, row-major */
  see(images: KitchenImages | undefined, count: number): Float32Array;
}

export const blind: Eyes = { width: 0, see: () => new Float32Array(0) };

/** Pictures that go through the encoder together. */
const BATCH = 16;

/**
 * The frozen video encoder as a robot's eyes. It was trained on clips and sees a picture as a clip that stands still, so that a
 * policy gets one moment at a time, as R3M's does.
 *
 * @param feature the class token (`class`), or its embedding in the joint space (`projected`), which has unit length
 */
export function frozenEyes({ config, encoder }: DualEncoder, feature: 'class' | 'projected'): Eyes {
  const { vision_config: vision, projection_dim } = config;
  const { image_size: size, num_frames: frames } = vision;
  const width = feature === 'class' ? vision.hidden_size : projection_dim;
  const embed = (pictures: Uint8Array[]) =>
    valuesOf(() => {
      const values = new Float32Array(pictures.length * size * size * 3);
      pictures.forEach((picture, i) => values.set(picture, i * size * size * 3));
      const still = normalizePixels(
        tf.tensor(values, [pictures.length, 1, size, size, 3]),
        PIXEL_STATISTICS[config.pixel_statistics],
      );
      const { classEmbedding } = videoTower(encoder, vision, tf.tile(still, [1, frames, 1, 1, 1]));
      return feature === 'class' ? classEmbedding : projectVideo(encoder, classEmbedding);
    });
  return {
    width,
    see(images, count) {
      if (!images) throw new Error('frozenEyes: the kitchen gives no pictures');
      const features = new Float32Array(count * width);
      for (let begin = 0; begin < count; begin += BATCH) {
        const pictures = Array.from({ length: Math.min(BATCH, count - begin) }, (_, i) =>
          scaled(images, begin + i, size),
        );
        features.set(embed(pictures), begin * width);
      }
      return features;
    },
  };
}

/** One picture at the encoder's size. */
function scaled({ data, size }: KitchenImages, index: number, wanted: number): Uint8Array {
  const picture = data.subarray(index * size * size * 3, (index + 1) * size * size * 3);
  if (size === wanted) return picture;
  return clipResize({ data: picture, height: size, width: size }, { shortestEdge: wanted }).data;
}

/** What is cloned: `[steps, inputs]` and `[steps, 9]`, row-major. */
export interface ExpertSteps {
  readonly inputs: Float32Array;
  readonly actions: Float32Array;
  readonly steps: number;
  readonly width: number;
}

/** Demonstrations as a policy with these eyes would have met them. */
export function expertSteps(demonstrations: readonly Demonstration[], eyes: Eyes): ExpertSteps {
  const width = eyes.width + PROPRIOCEPTION;
  const steps = demonstrations.reduce((sum, each) => sum + each.steps, 0);
  const [inputs, actions] = [new Float32Array(steps * width), new Float32Array(steps * ACTIONS)];
  let row = 0;
  for (const each of demonstrations) {
    const seen = eyes.see(each.images, each.steps);
    actions.set(each.actions, row * ACTIONS);
    for (let step = 0; step < each.steps; step++, row++) {
      inputs.set(seen.subarray(step * eyes.width, (step + 1) * eyes.width), row * width);
      const arm = each.proprioception.subarray(step * PROPRIOCEPTION, (step + 1) * PROPRIOCEPTION);
      inputs.set(arm, row * width + eyes.width);
    }
  }
  return { inputs, actions, steps, width };
}

export interface CloningSettings {
  hiddenSizes: readonly number[];
  /** optimiser steps; 20,000 in R3M */
  steps: number;
  batchSize: number;
  optimizer: TrainingTask<unknown>['settings']['optimizer'];
  saveEverySteps: number;
}

/**
 * Clone an expert: mean squared error between its action and the policy's (R3M). R3M draws batches with replacement; here each step of
 * the expert comes once an epoch.
 */
export async function clonePolicy(
  context: Pick<StageContext<unknown, unknown, never>, 'seed' | 'stateFolder' | 'tracker' | 'signal'>,
  title: string,
  { inputs, actions, steps, width }: ExpertSteps,
  { hiddenSizes, steps: updates, batchSize, optimizer, saveEverySteps }: CloningSettings,
  random: Random,
): Promise<{ policy: Policy; metrics: Metrics }> {
  const policy = createPolicy({ inputs: width, actions: ACTIONS, hiddenSizes }, random);
  // one row can't be normalised by its own statistics: the last step is left out where it would be a batch of its own
  const numExamples = steps % batchSize === 1 ? steps - 1 : steps;
  const stepsPerEpoch = Math.ceil(numExamples / batchSize);
  const rows = (values: Float32Array, length: number, indices: number[]) =>
    tf.tensor2d(gathered(values, length, indices), [indices.length, length]);
  const { metrics } = await trainTask(context, {
    title,
    settings: {
      epochs: (updates - 0.5) / stepsPerEpoch,
      globalBatchSize: batchSize,
      localBatchSize: batchSize,
      optimizer,
      precision: 'float32',
      gradientCheckpointing: false,
      saveEverySteps,
    },
    parameters: [policy.parameters, policy.buffers],
    trainable: policy.parameters.variables,
    buffers: policy.buffers.variables,
    numExamples,
    examples: [title, steps, width, actions.reduce((sum, value) => sum + value, 0)],
    loadBatch: async (indices) => ({
      inputs: rows(inputs, width, indices),
      actions: rows(actions, ACTIONS, indices),
    }),
    loss: (batch) => {
      const { loss, statistics } = cloningLoss(policy, batch.inputs, batch.actions);
      return { loss, statistics: { ...statistics } };
    },
    updateBuffers: (statistics) => updateStatistics(policy, statistics),
  });
  return { policy, metrics };
}

function gathered(values: Float32Array, width: number, indices: readonly number[]): Float32Array {
  const out = new Float32Array(indices.length * width);
  indices.forEach((index, i) => out.set(values.subarray(index * width, (index + 1) * width), i * width));
  return out;
}

/** The policy's action for what it sees and feels. */
export function actor(policy: Policy, eyes: Eyes): Act {
  return ({ image, proprioception }) => {
    const seen = eyes.see(image, 1);
    const inputs = Float32Array.of(...seen, ...proprioception);
    return tf.tidy(() =>
      act(policy, tf.tensor2d(inputs, [1, inputs.length]))
        .dataSync<'float32'>()
        .slice(),
    );
  };
}

/** Episodes of a policy from the given seeds. */
export async function rollouts(
  kitchen: FrankaKitchen,
  policy: Act,
  seeds: readonly number[],
  { signal, onEpisode }: { signal: AbortSignal; onEpisode(): void },
): Promise<Rollout[]> {
  const episodes: Rollout[] = [];
  for (const seed of seeds) {
    episodes.push(await rollout(kitchen, policy, seed, signal));
    onEpisode();
  }
  return episodes;
}

/**
 * The first `count` episodes of a file that do the task.
 * @throws UserError when there are fewer
 */
export async function demonstrationsOf(
  kitchen: FrankaKitchen,
  file: string,
  count: number,
): Promise<{ demonstrations: Demonstration[]; skipped: string[] }> {
  const demonstrations: Demonstration[] = [];
  const skipped: string[] = [];
  for (const id of await kitchen.demonstrations(file)) {
    if (demonstrations.length === count) break;
    const each = await kitchen.demonstration(id);
    if (each.completed && each.steps > 0) demonstrations.push(each);
    else skipped.push(id);
  }
  if (demonstrations.length < count)
    throw new UserError({
      what: `expected ${count} episodes that do the task, found ${demonstrations.length} of ${demonstrations.length + skipped.length}`,
      where: file,
      mend: 'lower franka-kitchen.demonstrations.count, or name a file with more',
    });
  return { demonstrations, skipped };
}
