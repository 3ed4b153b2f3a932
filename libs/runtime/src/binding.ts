import { createRequire } from 'node:module';
import type * as tfjs from '@tensorflow/tfjs-node-gpu';
import { UserError } from '@egolab/foundation';

const require = createRequire(import.meta.url);

/** tfjs-node 4.22 calls these, which Node 23 removed. */
function shimNode23(): void {
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}

function load(): typeof tfjs {
  // read by libtensorflow when it is opened
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  shimNode23();
  try {
    // before TensorFlow starts its threads, which inherit it
    (require(addOn('signals')) as { shield(): void }).shield();
    const tf = withoutStderr(() => require('@tensorflow/tfjs-node-gpu') as typeof tfjs);
    require(addOn('kernels'));
    return tf;
  } catch (error) {
    throw new UserError({
      what: `TensorFlow can't be loaded: ${(error as Error).message.split('\n')[0]}`,
      where: '@tensorflow/tfjs-node-gpu',
      mend: 'run `npm run setup`, which builds the binding and says what is missing',
      cause: error,
    });
  }
}

/** Add-ons of our own (native/), which setup builds beside tfjs-node's binding. */
const addOn = (name: string) => `@tensorflow/tfjs-node-gpu/lib/napi-v8/egolab_${name}.node`;

/** Opening libtensorflow logs two lines that no setting stops; what goes wrong is thrown, not logged. */
function withoutStderr<T>(open: () => T): T {
  let stderr: { mute(): void; restore(): void };
  try {
    stderr = require(addOn('stderr'));
  } catch {
    return open();
  }
  stderr.mute();
  try {
    return open();
  } finally {
    stderr.restore();
  }
}

/** TensorFlow.js on the native libtensorflow; load it only through here. */
export const tf = load();

/** A tensor of the native library. */
export interface NativeTensor {
  id: number;
  shape: number[];
  dtype: number;
}

/** The native binding under tfjs: what tfjs has no API for is reached through it. */
export interface NativeBinding {
  executeOp(name: string, attributes: object[], inputIds: number[], outputs: number): NativeTensor[];
  createTensor(shape: number[], dtype: number, data: unknown): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): unknown;
  TF_BOOL: number;
  TF_FLOAT: number;
  TF_INT32: number;
  TF_INT64: number;
  TF_Version: string;
}

/** tfjs-node's backend, as far as we use it. */
export interface NativeBackend {
  binding: NativeBinding;
  isUsingGpuDevice: boolean;
  /** What tfjs knows of each of its tensors, by `dataId`. */
  tensorMap: { set(dataId: object, tensor: NativeTensor & { values: null; refCount: number }): void };
  getInputTensorIds(inputs: tfjs.TensorInfo[]): number[];
  createOutputTensor(tensor: NativeTensor): tfjs.Tensor;
  executeSingleOutput(name: string, attributes: object[], inputs: tfjs.TensorInfo[]): tfjs.Tensor;
  executeMultipleOutputs(name: string, attributes: object[], inputs: tfjs.TensorInfo[], outputs: number): tfjs.Tensor[];
}

export const backend = tf.backend() as unknown as NativeBackend;

/** 'cuda' when TensorFlow found a GPU. */
export const device: 'cpu' | 'cuda' = backend.isUsingGpuDevice ? 'cuda' : 'cpu';

/** Whether ops named `Egolab…` (native/kernels.cc) run here: they have kernels for the CPU only. */
export const fusedKernels = device === 'cpu';
