// eslint-disable-next-line @nx/enforce-module-boundaries -- an application has no alias; apart from pipelines.ts, since this loads TensorFlow
export { predict } from '../../../pipelines/src/egom2p/model/predict.ts';
