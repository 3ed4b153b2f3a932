export { AdamW, type AdamWConfig } from './adamw.ts';
export { type AllReduce, singleProcess } from './all-reduce.ts';
export { type BatchContext, disposeTensors } from './batches.ts';
export { clipFactor } from './clip.ts';
export { TrainingDiverged } from './diverged.ts';
export { readHistory, type TrainingRecord } from './history.ts';
export { createProgress, duration, type ProgressReporter, silent } from './progress.ts';
export { type BatchPlan, EpochSampler, microBatches } from './sampler.ts';
export { schedule, type ScheduleKind } from './schedule.ts';
export {
  accumulate,
  gradientsOf,
  type LossResult,
  readNumbers,
  statisticsOf,
  type StepMeans,
} from './step-means.ts';
export { type OptimizerConfig, train, type TrainOptions, type TrainResult } from './train.ts';
