export { checked } from './checked.ts';
export type { Cost, OpCost } from './costs.ts';
export { deviceSchema, devicesSchema, rooflineSeconds, productSeconds, type Device } from './devices.ts';
export { infer } from './rules/index.ts';
export { trace, type Trace } from './trace.ts';
export {
  timeTrainingStep,
  TrainingStep,
  trainingStepCost,
  type StepTask,
  type TrainingStepCost,
} from './training-step.ts';
export type { Call, Inferred, TensorType } from './tensor-type.ts';
