export * from '../../../pipelines/src/index.ts';
