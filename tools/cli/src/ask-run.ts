// eslint-disable-next-line @nx/enforce-module-boundaries -- an application has no alias; apart from pipelines.ts, since this loads TensorFlow
export { ask } from '../../../pipelines/src/exo2ego/ask.ts';
