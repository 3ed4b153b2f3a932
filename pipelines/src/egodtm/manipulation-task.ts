import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError, type Random } from '@egolab/foundation';
import {
  kitchenSettings,
  kitchenTaskNames,
  kitchenTasks,
  type Demonstration,
  type FrankaKitchen,
  type KitchenTaskName,
  type Rollout,
} from '@egolab/franka-kitchen';
import { wilsonInterval } from '@egolab/metrics';
import { trainingSettings } from '../exo2ego/settings.ts';
import type { Progress } from '../progress.ts';
import type { Metrics, StageContext } from '../stage.ts';
import { workspace } from '../workspace.ts';
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
import type { Outcomes } from './outcomes.ts';

const count = z.number().int().positive();

export const manipulationSettings = z.strictObject({
  /** interpreter with gymnasium-robotics; null: the one that `node tools/setup/robotics.mjs` makes */
  python: z.string().nullable(),
  tasks: z.array(z.enum(kitchenTaskNames)).min(1),
  kitchen: kitchenSettings,
  demonstrations: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('scripted'),
      count,
      /** deviation of the noise under which the controller works, in parts of the largest action */
      noise: z.number().min(0).max(1),
    }),
    z.strictObject({
      kind: z.literal('file'),
      count,
      /** Minari's or D4RL's layout, by task */
      files: z.partialRecord(z.enum(kitchenTaskNames), z.string()),
    }),
  ]),
  /** what of the video encoder the policy is given */
  feature: z.enum(['class', 'projected']),
  hiddenSizes: z.array(count),
  /** optimiser steps of each policy */
  steps: count,
  batchSize: count,
  optimizer: trainingSettings.shape.optimizer,
  saveEverySteps: count,
  /** episodes of each policy; 50 in R3M */
  rollouts: count,
});
export type ManipulationSettings = z.infer<typeof manipulationSettings>;

/** Evaluation starts from other seeds than the demonstrations, the same ones for every policy. */
const EVALUATION_SEED = 1_000_000;
/** The controller gives up after so many attempts a demonstration. */
const ATTEMPTS = 4;

type Context = Pick<
  StageContext<ManipulationSettings, unknown, never>,
  'params' | 'seed' | 'stateFolder' | 'tracker' | 'signal'
> & {
  random: Random;
  progress: Progress;
};

export interface TaskResult {
  readonly metrics: Metrics;
  readonly outcomes: Outcomes;
  /** an episode to look at, a success if there is one */
  readonly shown: Rollout;
  readonly episodes: Readonly<Record<string, readonly { seed: number; success: boolean; steps: number }[]>>;
}

/** One column of Table 3: demonstrations, a policy with the frozen encoder's eyes and a blind one, and their episodes. */
export async function manipulationTask(
  context: Context,
  kitchen: FrankaKitchen,
  model: DualEncoder,
  task: KitchenTaskName,
): Promise<TaskResult> {
  const { params, progress, stateFolder } = context;
  await kitchen.open(task, params.kitchen);
  const { demonstrations, metrics } = await demonstrationsFor(context, kitchen, task);
  const seeds = Array.from({ length: params.rollouts }, (_, i) => EVALUATION_SEED + i);
  const run = async (name: string, eyes: Eyes) => {
    const expert = expertSteps(demonstrations, eyes);
    const random = context.random.split(task, name);
    const folder = join(stateFolder, task, name);
    const tracker = { ...context.tracker, logMetrics: prefixed(context.tracker.logMetrics, `${task}/${name}/`) };
    const { policy, metrics: training } = await clonePolicy(
      { ...context, stateFolder: folder, tracker },
      `${task}, ${name}`,
      expert,
      params,
      random,
    );
    await kitchen.open(task, params.kitchen, eyes.width > 0);
    const phase = progress.phase(`${task}: episodes of the ${name} policy`, seeds.length);
    const episodes = await rollouts(kitchen, actor(policy, eyes), seeds, {
      signal: context.signal,
      onEpisode: () => phase.advance(),
    });
    phase.end();
    policy.parameters.dispose();
    policy.buffers.dispose();
    return { episodes, metrics: { ...successRate(episodes), ...training } };
  };
  const seeing = await run('seeing', frozenEyes(model, params.feature));
  const unseeing = await run('blind', blind);
  const outcome = (episodes: readonly Rollout[]) =>
    Object.fromEntries(episodes.map(({ seed, success }) => [seed, success ? 1 : 0]));
  const records = (episodes: readonly Rollout[]) =>
    episodes.map(({ seed, success, steps }) => ({ seed, success, steps }));
  return {
    metrics: { ...seeing.metrics, blind: unseeing.metrics, demonstrations: metrics },
    outcomes: { [`${task}.success`]: outcome(seeing.episodes), [`${task}.blind.success`]: outcome(unseeing.episodes) },
    shown: seeing.episodes.find(({ success }) => success) ?? seeing.episodes[0],
    episodes: { seeing: records(seeing.episodes), blind: records(unseeing.episodes) },
  };
}

/** In percent, with Wilson's 95 % interval. */
function successRate(episodes: readonly Rollout[]): Metrics {
  const successes = episodes.filter(({ success }) => success).length;
  const [low, high] = wilsonInterval(successes, episodes.length);
  return { success: (100 * successes) / episodes.length, low: 100 * low, high: 100 * high, n: episodes.length };
}

async function demonstrationsFor(
  { params, stateFolder, progress }: Context,
  kitchen: FrankaKitchen,
  task: KitchenTaskName,
): Promise<{ demonstrations: Demonstration[]; metrics: Metrics }> {
  const settings = params.demonstrations;
  if (settings.kind === 'file') {
    const { demonstrations, skipped } = await demonstrationsOf(kitchen, fileOf(settings.files, task), settings.count);
    if (skipped.length > 0) progress.note(`${task}: ${skipped.length} episodes don't do it: ${skipped.join(', ')}`);
    return { demonstrations, metrics: { n: demonstrations.length, skipped: skipped.length } };
  }
  const file = join(stateFolder, `${task}.hdf5`);
  const phase = progress.phase(`${task}: demonstrations of the scripted controller`);
  const { attempts, successes } = await kitchen.collect({
    file,
    count: settings.count,
    maxAttempts: ATTEMPTS * settings.count,
    firstSeed: 0,
    noise: settings.noise,
  });
  phase.end();
  if (successes < settings.count)
    throw new UserError({
      what: `the scripted controller did '${kitchenTasks[task].title}' ${successes} times in ${attempts} attempts, ${settings.count} are asked for`,
      where: 'franka-kitchen.demonstrations',
      mend: 'lower count, noise or kitchen.variation, or raise kitchen.maxSteps',
    });
  const { demonstrations } = await demonstrationsOf(kitchen, file, settings.count);
  const steps = demonstrations.reduce((sum, each) => sum + each.steps, 0) / demonstrations.length;
  return { demonstrations, metrics: { n: successes, attempts, success: (100 * successes) / attempts, steps } };
}

function fileOf(files: Readonly<Partial<Record<KitchenTaskName, string>>>, task: KitchenTaskName): string {
  const where = `franka-kitchen.demonstrations.files.${task}`;
  const file = files[task];
  if (file === undefined)
    throw new UserError({
      what: 'no file is named',
      where,
      mend: `name one, or take ${task} out of franka-kitchen.tasks`,
    });
  const path = resolve(workspace.root, file);
  if (existsSync(path)) return path;
  throw new UserError({
    what: `there is no file ${path}`,
    where,
    mend: 'name main_data.hdf5 of Minari, or a D4RL .hdf5 or .npz',
  });
}

type LogMetrics = StageContext<unknown, unknown, never>['tracker']['logMetrics'];

const prefixed =
  (log: LogMetrics, prefix: string): LogMetrics =>
  (record, step) =>
    log(Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix + name, value])), step);
