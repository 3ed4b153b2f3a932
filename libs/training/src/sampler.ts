import { Random, UserError } from '@egolab/foundation';

export interface BatchPlan {
  numExamples: number;
  /** passes over the examples; a fraction ends within one */
  epochs: number;
  /** examples an optimiser step, over all workers and micro-batches */
  globalBatchSize: number;
  /** examples that one worker puts through the model at a time */
  localBatchSize: number;
  seed: number;
}

/**
 * Which examples each optimiser step sees: a fresh seeded permutation an epoch, cut into global batches. The last batch of
 * an epoch is short where the batch size doesn't divide the examples; none is dropped or repeated.
 * A pure function of the step, so a restart needs nothing but the step to stand where it stood.
 */
export class EpochSampler {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  private epoch = -1;
  private order: number[] = [];

  constructor(readonly plan: BatchPlan) {
    this.stepsPerEpoch = Math.ceil(plan.numExamples / plan.globalBatchSize);
    this.totalSteps = Math.ceil(plan.epochs * this.stepsPerEpoch);
  }

  /** Indices of the examples of a step, counted from 0. */
  batch(step: number): number[] {
    const { numExamples, globalBatchSize, seed } = this.plan;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.epoch) {
      const examples = Array.from({ length: numExamples }, (_, i) => i);
      this.order = new Random(seed).split('order', epoch).shuffle(examples);
      this.epoch = epoch;
    }
    const start = (step % this.stepsPerEpoch) * globalBatchSize;
    return this.order.slice(start, start + globalBatchSize);
  }
}

/** One worker's part of a global batch: contiguous, sizes differing by at most one, the parts together the whole. */
export function shareOf(batch: readonly number[], rank: number, size: number): number[] {
  return batch.slice(Math.floor((batch.length * rank) / size), Math.floor((batch.length * (rank + 1)) / size));
}

/** `indices` in parts of at most `localBatchSize`. */
export function microBatches(indices: readonly number[], localBatchSize: number): number[][] {
  return Array.from({ length: Math.ceil(indices.length / localBatchSize) }, (_, i) =>
    indices.slice(i * localBatchSize, (i + 1) * localBatchSize),
  );
}

/** Refuse sizes that can't be trained with, before anything is loaded. */
export function checkPlan({ numExamples, epochs, globalBatchSize, localBatchSize }: BatchPlan, workers: number): void {
  if (numExamples < 1)
    throw new UserError({
      what: 'there is nothing to train on: 0 examples',
      mend: 'look at what was skipped while the data was read',
    });
  if (!(epochs > 0)) throw new UserError({ what: `epochs must be positive, found ${epochs}` });
  if (!isCount(globalBatchSize) || !isCount(localBatchSize) || globalBatchSize % (localBatchSize * workers) !== 0) {
    throw new UserError({
      what: `the global batch of ${globalBatchSize} isn't a multiple of local batch ${localBatchSize} x ${workers} worker${workers === 1 ? '' : 's'}`,
      mend: 'global batch = local batch x workers x accumulation steps: change one of them',
    });
  }
}

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;
