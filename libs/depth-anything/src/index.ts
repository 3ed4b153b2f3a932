export { dinov2, dinov2Parameters } from './backbone.ts';
export {
  depthAnythingConfigSchema,
  type DepthAnythingConfig,
  type Dinov2Config,
  type ProcessorConfig,
} from './config.ts';
export { depthAnything, depthAnythingParameters } from './depth-anything.ts';
export { type DepthAnythingModel, loadDepthAnything } from './load.ts';
export { networkPixels, networkSize } from './preprocess.ts';
export { type DepthTargetOptions, depthTargets, depthTargetSchema, resizeMaps } from './targets.ts';
export { fileTeacher } from './teacher/files.ts';
export { networkTeacher, type NetworkTeacherOptions } from './teacher/network.ts';
export { type DepthMaps, type DepthTeacher, type NoDepth, type TeacherClip } from './teacher/teacher.ts';
export { worldTeacher } from './teacher/world.ts';
