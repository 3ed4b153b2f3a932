import { suggestion, UserError } from '@egolab/foundation';

/** What a checkpoint says about one tensor before any of its data is read. */
export interface TensorInfo {
  name: string;
  /** the dtype as the file names it: safetensors `F32`, `BF16`, …; GGUF `F32`, `F16`, `Q4_1`, … */
  dtype: string;
  /** row-major, outermost dimension first: a linear weight is `[out, in]` whatever order the file keeps */
  shape: number[];
}

/**
 * Released or saved weights on disk, read one tensor at a time: opening reads only the headers.
 * Every format that `openCheckpoint` knows is one implementation of this.
 */
export interface Checkpoint {
  /** path of the file or folder, for messages */
  readonly source: string;
  /** the file's own text metadata; values that aren't text are given as JSON */
  readonly metadata: Record<string, string>;
  /** tensor names, in the order of the file */
  names(): string[];
  /** throws a UserError that names the nearest tensor when there is none of this name */
  info(name: string): TensorInfo;
  /** the values, row-major, widened (BF16, F16, integers) or dequantised to float32; a fresh array at each call */
  read(name: string): Float32Array;
  /** release the file handles; nothing can be read afterwards */
  close(): void;
}

/** What a file keeps under a tensor's name. @throws UserError that suggests the nearest name when there is no such tensor */
export function named<Value>(tensors: ReadonlyMap<string, Value>, name: string, source: string): Value {
  const value = tensors.get(name);
  if (value === undefined)
    throw new UserError({ what: `no tensor "${name}"; ${suggestion(name, tensors.keys())}`, where: source });
  return value;
}
