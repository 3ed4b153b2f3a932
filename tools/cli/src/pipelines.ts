// eslint-disable-next-line @nx/enforce-module-boundaries -- an application has no alias; this is the only place that reaches into it
export * from '../../../pipelines/src/index.ts';
