export {
  HERE,
  planRun,
  stagePlans,
  type DeviceTime,
  type PlannedStage,
  type PlanOptions,
  type RunPlan,
  type StatedRun,
} from './plan-run.ts';
export { readDevices, readPublished, type Published } from './published.ts';
export { renderPlan } from './render.ts';
