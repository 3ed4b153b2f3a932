import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import type { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import {
  accumulate,
  AdamW,
  clipFactor,
  disposeTensors,
  gradientsOf,
  readNumbers,
  statisticsOf,
  type BatchContext,
  type StepMeans,
  type TrainOptions,
} from '@egolab/training';
import type { Cost } from './costs.ts';
import type { Trace } from './trace.ts';

/** What one step of a training needs: what `train` is given, but for the data. */
export interface StepTask<Batch> extends Pick<
  TrainOptions<Batch>,
  | 'trainable'
  | 'globalBatchSize'
  | 'localBatchSize'
  | 'optimizer'
  | 'precision'
  | 'learningRateScales'
  | 'updateBuffers'
> {
  parameters: readonly Parameters[];
  loss: TrainOptions<Batch>['loss'];
  /** a micro-batch such as training would load: `localBatchSize` samples */
  batch(): Batch;
}

/** The parts of a training step, as {@link train} takes them: passes over micro-batches, then the update. */
export class TrainingStep<Batch> {
  private readonly optimizer: AdamW;
  private means: StepMeans = new Map();

  constructor(private readonly task: StepTask<Batch>) {
    this.optimizer = new AdamW(task.trainable, task.optimizer);
  }

  /** Forwards and backwards over one micro-batch; its gradients are added to those of the ones before. */
  pass(): void {
    const { task } = this;
    const { trainable, precision } = task;
    const batch = task.batch();
    accumulate(this.means, () => task.loss(batch, context(task)), { trainable, weight: 1, precision });
    disposeTensors(batch);
  }

  /** Norms, optimiser and buffers. */
  update(): void {
    const { optimizer, learningRateScales: scales, updateBuffers, globalBatchSize: size } = this.task;
    const norm = Math.hypot(...readNumbers(this.means).gradientNorms.values());
    const { learningRate, maxGradNorm } = optimizer;
    const clip = clipFactor(norm, maxGradNorm);
    this.optimizer.apply(gradientsOf(this.means), { learningRate, step: 1, clip, scales });
    tf.tidy(() => updateBuffers?.(statisticsOf(this.means), { step: 1, size }));
    disposeTensors([...this.means.values()]);
    this.means = new Map();
  }

  dispose(): void {
    disposeTensors([...this.means.values()] satisfies Tensor[]);
    this.optimizer.dispose();
  }
}

function context({
  globalBatchSize,
  localBatchSize,
}: Pick<StepTask<unknown>, 'globalBatchSize' | 'localBatchSize'>): BatchContext {
  const random = new Random(0);
  const span = { begin: 0, end: localBatchSize, size: globalBatchSize };
  return { step: 1, microStep: 0, random, stepRandom: random.split('step'), span };
}

/** What a training takes on each device; bytes are those of this library's own engine. */
export interface TrainingStepCost {
  parameters: { total: number; trained: number };
  /** forwards and backwards over one micro-batch */
  pass: Cost;
  /** the optimiser's update, once a step */
  update: Cost;
  memory: {
    parameters: number;
    gradients: number;
    /** both moments of every trained parameter */
    optimizer: number;
    /** the rest of the peak: saved activations, adjoints and temporaries */
    activations: number;
    peak: number;
  };
}

/** The costs of `task`, whose parameters and tensors were made in this trace. */
export function trainingStepCost<Batch>(trace: Trace, task: StepTask<Batch>): TrainingStepCost {
  const parameters = trace.liveBytes();
  const step = new TrainingStep(task);
  const optimizer = trace.liveBytes() - parameters;
  const pass = trace.measure(() => step.pass());
  const gradients = trace.liveBytes() - parameters - optimizer;
  // later passes of a step have the sum of the gradients beside them
  const beside = task.globalBatchSize > task.localBatchSize ? gradients : 0;
  const update = trace.measure(() => step.update());
  step.dispose();
  const peak = Math.max(pass.peakBytes + beside, update.peakBytes);
  return {
    parameters: {
      total: task.parameters.reduce((sum, part) => sum + part.count(), 0),
      trained: [...task.trainable.values()].reduce((sum, { size }) => sum + size, 0),
    },
    pass,
    update,
    memory: { parameters, gradients, optimizer, activations: peak - parameters - gradients - optimizer, peak },
  };
}

/**
 * Seconds that a pass and an update take on this machine, run for real: medians after a first run that isn't counted.
 * @param task whose parameters were made outside of any trace
 */
export function timeTrainingStep<Batch>(task: StepTask<Batch>, runs: number): { pass: number; update: number } {
  const step = new TrainingStep(task);
  const times = Array.from({ length: runs + 1 }, () => ({
    pass: seconds(() => step.pass()),
    update: seconds(() => step.update()),
  })).slice(1);
  step.dispose();
  return { pass: median(times.map(({ pass }) => pass)), update: median(times.map(({ update }) => update)) };
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)] + sorted[Math.floor(middle)]) / 2;
}
