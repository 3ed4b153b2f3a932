export {
  ACTIONS,
  FrankaKitchen,
  kitchenSettings,
  PROPRIOCEPTION,
  type Collected,
  type Demonstration,
  type KitchenImages,
  type KitchenSettings,
  type Observation,
} from './kitchen.ts';
export {
  act,
  cloningLoss,
  createPolicy,
  policyBuffers,
  policyParameters,
  updateStatistics,
  type CloningLoss,
  type Policy,
  type PolicyConfig,
} from './policy.ts';
export { INSTALL as ROBOTICS_INSTALL, roboticsPython } from './robotics-python.ts';
export { rollout, type Act, type Rollout } from './rollout.ts';
export { kitchenTaskNames, kitchenTasks, type KitchenTask, type KitchenTaskName } from './tasks.ts';
