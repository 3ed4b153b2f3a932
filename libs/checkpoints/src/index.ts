export type { Checkpoint, TensorInfo } from './checkpoint.ts';
export type { StoredDtype } from './dtype.ts';
export { GgufCheckpoint } from './gguf-checkpoint.ts';
export type { GgufValue } from './gguf.ts';
export { openCheckpoint } from './open-checkpoint.ts';
export { checkTensors, type LoadOptions, loadParameters, type SaveOptions, saveParameters } from './parameters.ts';
export { openSafetensors, type TensorSource, writeSafetensors } from './safetensors.ts';
export { writeCheckpointFolder } from './sharded.ts';
