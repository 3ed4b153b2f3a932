// eslint-disable-next-line @nx/enforce-module-boundaries -- an application has no alias; apart from pipelines.ts, because it loads every model
export { planRun, renderPlan } from '../../../pipelines/src/cost/index.ts';
