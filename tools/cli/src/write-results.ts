// eslint-disable-next-line @nx/enforce-module-boundaries -- an application has no alias; apart from pipelines.ts, because it loads the reports
export { writeResults } from '../../../pipelines/src/ablations/results.ts';
