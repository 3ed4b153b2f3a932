import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { StepTask } from '@egolab/cost-model';
import { UserError } from '@egolab/foundation';
import type { Parameters, ParameterSpecs } from '@egolab/nn';
import type { BatchPlan } from '@egolab/training';
import type { Config } from '../configuration.ts';
import type { ModelTask } from '../exo2ego/training.ts';
import type { Inputs, Sections, Stage } from '../stage.ts';
import { readPublished } from './published.ts';

/** What the plan of a stage is given: what its `run` is, but for results that aren't there yet. */
export interface PlanContext<Params, Shared, Roles extends string> {
  params: Params;
  config: Shared;
  /** folder of each input, whether its stage has run or not */
  inputs: Readonly<Record<Roles, string>>;
  /** the whole configuration */
  whole: Config;
}

/** Makes a model's parameters, with numbers or without. */
export type MakeParameters = (specs: ParameterSpecs) => Parameters;

/** A stage's training as far as its cost goes. */
export interface PlannedTraining {
  /** samples an epoch; undefined where neither data nor configuration says */
  numExamples: number | undefined;
  schedule: Pick<BatchPlan, 'epochs' | 'globalBatchSize'>;
  /** what the numbers rest on where that isn't the stage's own data */
  notes: readonly string[];
  /** of a sample, where it is a sequence of tokens */
  tokensPerSample?: number;
  /**
   * One device's training on stand-ins for its data.
   * @param gpus on how many devices a step's samples are spread
   */
  build(make: MakeParameters, gpus: number): PlannedStep;
}

/** A step, and what of it isn't a parameter to free. */
export type PlannedStep = StepTask<unknown> & { dispose?(): void };

/** Why a stage has no training to plan. */
export interface NotTrained {
  notTrained: string;
}

/** How to take a training step of a stage before there is data. */
export interface StagePlan {
  stage: Stage;
  plan(context: PlanContext<unknown, unknown, string>): Promise<PlannedTraining | NotTrained>;
}

/** Declare how a stage is planned; infers the types of what `plan` is given. */
export function planOf<Params extends z.ZodType, Shared extends Sections, Read extends Inputs>(
  stage: Stage<Params, Shared, Read>,
  plan: (
    context: PlanContext<
      z.output<Params>,
      { [Name in keyof Shared]: z.output<Shared[Name]> },
      Extract<keyof Read, string>
    >,
  ) => Promise<PlannedTraining | NotTrained>,
): StagePlan {
  return { stage, plan } as unknown as StagePlan;
}

/** A step of `task` on one of `gpus` devices: its share of the global batch, in micro-batches no larger than that. */
export function stepOf<Batch>(
  { settings, ...task }: ModelTask<Batch>,
  gpus: number,
  batch: (samples: number) => Batch,
): PlannedStep {
  const globalBatchSize = Math.ceil(settings.globalBatchSize / gpus);
  const localBatchSize = Math.min(settings.localBatchSize, globalBatchSize);
  const { optimizer, precision } = settings;
  const sizes = { globalBatchSize, localBatchSize };
  return { ...task, ...sizes, optimizer, precision, batch: () => batch(localBatchSize) } as PlannedStep;
}

/** What a stage would read; undefined where the data isn't here. */
export async function ifHere<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/**
 * How many samples an epoch has: those of the stage's own data where they are here, else what its paper prints of the real data.
 *
 * @param own undefined where the data aren't here
 * @param from the stage whose run makes or finds the data
 * @param paper the stage whose number is printed, where the data are the paper's
 */
export function samplesOf(
  own: number | undefined,
  { from, paper }: { from: string; paper?: string | false },
): { numExamples: number | undefined; notes: string[] } {
  if (own) return { numExamples: own, notes: [] };
  const printed = paper ? readPublished().examples[paper] : undefined;
  const note = printed
    ? `samples: ${printed.source}`
    : `how many samples there are is known when stage ${from} has run`;
  return { numExamples: printed?.number, notes: [note] };
}

/** Of captions and questions that stand for those of data that aren't here. */
export const STAND_IN_TEXTS = "texts are the synthetic world's";

/** Whether a stage has left its result in `folder`. */
export const finished = (folder: string): boolean => existsSync(join(folder, 'run.json'));

/** `count` items, the given ones again and again. */
export function cycled<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[i % items.length]);
}
