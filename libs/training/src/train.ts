import { join } from 'node:path';
import type { Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { Random } from '@egolab/foundation';
import type { Parameters, Precision } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { AdamW, type AdamWConfig } from './adamw.ts';
import { type AllReduce, singleProcess } from './all-reduce.ts';
import { type BatchContext, BatchLoader, disposeTensors, type MicroBatch } from './batches.ts';
import { clipFactor } from './clip.ts';
import { TrainingDiverged } from './diverged.ts';
import { HistoryFile, readHistory, type TrainingRecord } from './history.ts';
import { Interruption } from './interruption.ts';
import { createProgress, type ProgressReporter, silent } from './progress.ts';
import { type BatchPlan, checkPlan, EpochSampler, microBatches, shareOf } from './sampler.ts';
import { type Schedule, schedule, type ScheduleKind } from './schedule.ts';
import { accumulate, gradientsOf, type LossResult, readNumbers, statisticsOf, type StepMeans } from './step-means.ts';
import { type RunIdentity, TrainState } from './train-state.ts';

export interface OptimizerConfig extends AdamWConfig {
  /** peak, after the warm-up */
  learningRate: number;
  /** share of all steps over which the learning rate rises from 0 */
  warmupRatio: number;
  /** the gradient's global norm is clipped to this */
  maxGradNorm: number;
}

export interface TrainOptions<B> extends BatchPlan {
  /** shown with the progress */
  title: string;
  /** everything that the loss reads; what of it isn't in `trainable` is frozen */
  parameters: readonly Parameters[];
  /** full name -> variable, one of `parameters`' */
  trainable: ReadonlyMap<string, Variable>;
  optimizer: OptimizerConfig;
  /** variables whose learning rate is that multiple of the optimiser's, by full name */
  learningRateScales?: ReadonlyMap<string, number>;
  schedule: ScheduleKind;
  precision: Precision;
  /** called in order, up to one batch ahead of the computation; tensors in the batch are disposed of after its use */
  loadBatch(indices: number[], context: BatchContext): Promise<B>;
  /** mean over the batch's samples; randomness only from the context */
  loss(batch: B, context: BatchContext): LossResult;
  /** what steps change without a gradient, such as a codebook's moving averages: full name -> variable; saved with the weights */
  buffers?: ReadonlyMap<string, Variable>;
  /** once a step, after the weights' update: change the buffers by the loss's `statistics`, which are means over `size` samples */
  updateBuffers?(statistics: ReadonlyMap<string, Tensor>, context: { step: number; size: number }): void;
  /** holds `train-state.safetensors` and `history.csv`; a state that is there is gone on from */
  stateFolder: string;
  saveEverySteps: number;
  /** settings beyond these options that a resumed run must share, such as the data's digest and the model's configuration */
  identity?: RunIdentity;
  /** once a step; `repeated` for steps that a run which was cut off had recorded before, with the same values */
  onRecord?(record: TrainingRecord, context: { repeated: boolean }): void;
  progress?: ProgressReporter;
  allReduce?: AllReduce;
  signal?: AbortSignal;
}

export interface TrainResult {
  /** optimiser steps done, earlier runs included */
  steps: number;
  /** a stop was asked for; the state is saved, and the same call goes on from it */
  interrupted: boolean;
  /** of all steps, as in `history.csv`; empty on workers other than 0 */
  history: TrainingRecord[];
}

/**
 * Train with AdamW until `epochs` are done or a stop is asked for.
 *
 * - Each step's loss and gradient are means over the samples of its global batch, whatever micro-batches and workers it is
 *   split into: every sample weighs the same, also in the short last batch of an epoch.
 * - The state is saved every `saveEverySteps`, at the end, and at SIGINT, SIGTERM or `signal`. Called again with the same
 *   settings, training goes on from it; on CPU the final weights are bit-identical to those of an undisturbed run.
 *
 * @throws TrainingDiverged at the first loss or gradient that isn't finite, before the weights are touched
 * @throws UserError when batch sizes don't fit, or the saved state belongs to other settings
 */
export async function train<B>(options: TrainOptions<B>): Promise<TrainResult> {
  checkPlan(options, (options.allReduce ?? singleProcess).size);
  const training = new Training(options);
  try {
    return await training.run();
  } finally {
    await training.close();
  }
}

class Training<B> {
  private readonly allReduce: AllReduce;
  private readonly sampler: EpochSampler;
  private readonly schedule: Schedule;
  private readonly optimizer: AdamW;
  private readonly state: TrainState;
  private readonly historyPath: string;
  private readonly progress: ProgressReporter;
  private readonly interruption: Interruption;
  private loader: BatchLoader<B> | undefined;
  private history: HistoryFile | undefined;

  constructor(private readonly options: TrainOptions<B>) {
    const { optimizer, stateFolder, trainable } = options;
    this.allReduce = options.allReduce ?? singleProcess;
    this.sampler = new EpochSampler(options);
    this.schedule = schedule(options.schedule, this.sampler.totalSteps, optimizer.warmupRatio);
    this.optimizer = new AdamW(trainable, optimizer);
    this.state = new TrainState(
      stateFolder,
      this.optimizer,
      options.buffers ?? new Map(),
      frozenParameters(options),
      identity(options, this.allReduce),
    );
    this.historyPath = join(stateFolder, 'history.csv');
    this.progress = this.isMain ? (options.progress ?? createProgress(options)) : silent;
    this.interruption = new Interruption(options.signal);
  }

  /** Worker 0 saves and reports for all. */
  private get isMain(): boolean {
    return this.allReduce.rank === 0;
  }

  async run(): Promise<TrainResult> {
    const { totalSteps } = this.sampler;
    let step = this.state.restore();
    this.loader = new BatchLoader(this.microBatches(step), this.options.loadBatch);
    if (this.isMain) {
      this.state.removePartialFiles();
      this.history = new HistoryFile(this.historyPath, step);
    }
    this.progress.start(totalSteps, step);
    let interrupted = false;
    while (step < totalSteps && !interrupted) {
      interrupted = await this.step(++step);
      if (interrupted || step === totalSteps || step % this.options.saveEverySteps === 0) this.save(step);
    }
    this.progress.stop();
    if (interrupted)
      this.progress.note(`stopped; saved at step ${step} of ${totalSteps}: run the same command again to go on`);
    return { steps: step, interrupted, history: this.isMain ? readHistory(this.historyPath) : [] };
  }

  async close(): Promise<void> {
    this.interruption.release();
    await this.loader?.close();
    this.history?.close();
    this.optimizer.dispose();
  }

  /** One update; true when any worker was asked to stop. */
  private async step(step: number): Promise<boolean> {
    const began = performance.now();
    const batch = this.sampler.batch(step - 1);
    const share = shareOf(batch, this.allReduce.rank, this.allReduce.size);
    const means = await this.localMeans(Math.max(1, Math.ceil(share.length / this.options.localBatchSize)));
    means.set(STOP, tf.scalar((await this.interruption.requested()) ? 1 : 0));
    const reduced = await this.allReduce.reduce(means, share.length);
    try {
      const { loss, metrics, gradientNorms } = readNumbers(reduced);
      this.checkFinite(step, share, loss, gradientNorms);
      const { learningRate: peak, maxGradNorm } = this.options.optimizer;
      const learningRate = peak * this.schedule(step - 1);
      const gradNorm = Math.hypot(...gradientNorms.values());
      this.optimizer.apply(gradientsOf(reduced), {
        learningRate,
        step,
        clip: clipFactor(gradNorm, maxGradNorm),
        scales: this.options.learningRateScales,
      });
      tf.tidy(() => this.options.updateBuffers?.(statisticsOf(reduced), { step, size: batch.length }));
      const epoch = step / this.sampler.stepsPerEpoch;
      const samplesPerSecond = (1000 * batch.length) / (performance.now() - began);
      this.record({ step, epoch, loss, learningRate, gradNorm, samplesPerSecond, ...metrics });
      return reduced.get(STOP)!.dataSync()[0] > 0;
    } finally {
      for (const mean of reduced.values()) mean.dispose();
    }
  }

  /** This worker's means over its share of the batch. */
  private async localMeans(numMicroBatches: number): Promise<StepMeans> {
    const { loss, trainable, precision } = this.options;
    const means: StepMeans = new Map();
    for (let i = 0; i < numMicroBatches; i++) {
      const { batch, micro } = await this.loader!.next();
      const context = this.context('loss', micro.context);
      accumulate(means, () => loss(batch, context), { trainable, weight: micro.weight, precision });
      disposeTensors(batch);
    }
    return means;
  }

  /** Every pass of the model from after `step` to the end. */
  private *microBatches(step: number): Generator<MicroBatch> {
    const { rank, size } = this.allReduce;
    while (step < this.sampler.totalSteps) {
      const batch = this.sampler.batch(step++);
      const share = shareOf(batch, rank, size);
      const micros = microBatches(share, this.options.localBatchSize).map((indices) => ({
        indices,
        weight: indices.length / share.length,
      }));
      // a worker without samples runs one with weight 0, so that it knows the names and shapes that the others reduce
      if (micros.length === 0) micros.push({ indices: batch.slice(0, 1), weight: 0 });
      for (const [microStep, micro] of micros.entries()) {
        const begin = share.length > 0 ? batch.indexOf(micro.indices[0]) : 0;
        const span = { begin, end: begin + micro.indices.length, size: batch.length };
        yield { ...micro, context: this.context('load', { step, microStep, span }) };
      }
    }
  }

  private context(
    purpose: 'load' | 'loss',
    { step, microStep, span }: Pick<BatchContext, 'step' | 'microStep' | 'span'>,
  ): BatchContext {
    const random = new Random(this.options.seed);
    return {
      step,
      microStep,
      random: random.split(purpose, step, microStep, this.allReduce.rank),
      stepRandom: random.split(purpose, step),
      span,
    };
  }

  private checkFinite(step: number, share: number[], loss: number, gradientNorms: Map<string, number>): void {
    if (!Number.isFinite(loss)) throw new TrainingDiverged(step, 'loss', loss, share);
    for (const [name, norm] of gradientNorms) {
      if (!Number.isFinite(norm)) throw new TrainingDiverged(step, `gradient of ${name}`, norm, share);
    }
  }

  private record(record: TrainingRecord): void {
    if (!this.history) return;
    this.options.onRecord?.(record, { repeated: record.step <= this.history.recordedBefore });
    this.history.append(record);
    const { step, loss, learningRate: lr, samplesPerSecond } = record;
    this.progress.update(step, { loss, lr, 'samples/s': samplesPerSecond });
  }

  private save(step: number): void {
    if (!this.history) return;
    this.history.flush(); // rows first: a saved state always finds its own
    this.state.save(step);
  }
}

/** The scalar by which a stop that one worker was asked for reaches all. */
const STOP = 'stop';

/** Parameters that training leaves as they are, each with where it is. */
function frozenParameters<B>({ parameters, trainable, buffers }: TrainOptions<B>): [string, Parameters][] {
  const trained = new Set([...trainable.values(), ...(buffers?.values() ?? [])]);
  const all = parameters.flatMap((part) => [...part.variables].map(([name, variable]) => ({ name, variable, part })));
  return all.filter(({ variable }) => !trained.has(variable)).map(({ name, part }) => [name, part]);
}

/** The settings that decide the bits of the result. */
function identity<B>(options: TrainOptions<B>, { size: workers }: AllReduce): RunIdentity {
  const { numExamples, epochs, globalBatchSize, localBatchSize, seed, optimizer, schedule, precision } = options;
  return {
    ...options.identity,
    ...(options.learningRateScales && { learningRateScales: [...options.learningRateScales] }),
    numExamples,
    epochs,
    globalBatchSize,
    localBatchSize,
    workers,
    seed,
    optimizer,
    schedule,
    precision,
  };
}
