import { UserError, ZipArchive, type ZipEntry } from '@egolab/foundation';
import { named, type Checkpoint, type TensorInfo } from '../checkpoint.ts';
import { CHUNK_ELEMENTS, DTYPE_BITS, WIDEN } from '../dtype.ts';
import { RandomAccessFile } from '../random-access-file.ts';
import { numElements } from '../safetensors-header.ts';
import { Call, Global, Persistent, type Pickled, unpickle } from './unpickle.ts';

/** Element types of PyTorch's storages, under safetensors' names. */
const STORAGES: Readonly<Record<string, string>> = {
  FloatStorage: 'F32', DoubleStorage: 'F64', HalfStorage: 'F16', BFloat16Storage: 'BF16', BoolStorage: 'BOOL', ByteStorage: 'U8',
  CharStorage: 'I8', ShortStorage: 'I16', IntStorage: 'I32', LongStorage: 'I64',
}; // prettier-ignore

/** Where training programs keep the weights in what they save, beside optimizer and arguments. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'module'] as const;

/** A pickle of names and shapes is small; a larger one isn't one. */
const MAX_PICKLE_BYTES = 2 ** 28;

/** A tensor as a view of a storage: `offset` and `stride` count elements. */
interface Located extends TensorInfo {
  storage: ZipEntry;
  offset: number;
  stride: readonly number[];
}

/**
 * Open what `torch.save` wrote (`.bin`, `.pt`, `.pth`; PyTorch 1.6 and later): a state dict, or one under `state_dict`,
 * `model_state_dict`, `model` or `module`. The pickle is read as data, nothing in it is run; tensor data stays on disk until `read`.
 */
export function openPytorch(path: string): Checkpoint {
  const file = new RandomAccessFile(path);
  try {
    return new PytorchFile(file, readTensors(file));
  } catch (error) {
    file.close();
    throw error;
  }
}

class PytorchFile implements Checkpoint {
  readonly source: string;
  readonly metadata: Record<string, string> = {};

  constructor(
    private readonly file: RandomAccessFile,
    private readonly tensors: ReadonlyMap<string, Located>,
  ) {
    this.source = file.path;
  }

  names(): string[] {
    return [...this.tensors.keys()];
  }

  info(name: string): TensorInfo {
    const { dtype, shape } = this.locate(name);
    return { name, dtype, shape: [...shape] };
  }

  read(name: string): Float32Array {
    const { dtype, shape, stride, offset, storage } = this.locate(name);
    const width = DTYPE_BITS[dtype] / 8;
    // the part of the storage from the first to the last element of the view
    const span = numElements(shape) === 0 ? 0 : 1 + shape.reduce((sum, length, i) => sum + (length - 1) * stride[i], 0);
    const elements = new Float32Array(span);
    for (let start = 0; start < span; start += CHUNK_ELEMENTS) {
      const part = elements.subarray(start, start + CHUNK_ELEMENTS);
      const position = storage.begin + (offset + start) * width;
      WIDEN[dtype](this.file.read(position, part.length * width, `tensor "${name}"`), part);
    }
    return isRowMajor(shape, stride) ? elements : rowMajor(elements, shape, stride);
  }

  close(): void {
    this.file.close();
  }

  private locate(name: string): Located {
    return named(this.tensors, name, this.source);
  }
}

function readTensors(file: RandomAccessFile): Map<string, Located> {
  const { entries } = new ZipArchive(file, 'PyTorch checkpoint');
  const compressed = [...entries.values()].find((entry) => entry.compressed);
  if (compressed) throw malformed(file.path, `"${compressed.name}" is compressed, which torch.save doesn't do`);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle || pickle.bytes > MAX_PICKLE_BYTES)
    throw malformed(file.path, 'there is no data.pkl of a sensible size in it');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order && Buffer.from(file.read(order.begin, order.bytes, 'the byte order')).toString() !== 'little')
    throw malformed(file.path, 'it was written on a big-endian machine; save it again on another');
  const locate = (name: string, value: Call) => located(name, value, { entries, folder, path: file.path });
  const tensors = new Map<string, Located>();
  for (const [name, value] of stateDict(parse(file, pickle), file.path))
    if (isTensor(value)) tensors.set(String(name), locate(String(name), unwrapped(value)));
  return tensors;
}

function parse(file: RandomAccessFile, { begin, bytes }: ZipEntry): Pickled {
  try {
    return unpickle(file.read(begin, bytes, 'data.pkl'));
  } catch (error) {
    throw malformed(file.path, `data.pkl: ${(error as Error).message}`, error);
  }
}

/** The dict of tensors: what was saved, or the one value under a usual name in it that is such a dict. */
function stateDict(saved: Pickled, path: string): Map<Pickled, Pickled> {
  const holdsTensors = (value: Pickled | undefined): value is Map<Pickled, Pickled> =>
    value instanceof Map && [...value.values()].some(isTensor);
  if (holdsTensors(saved)) return saved;
  const wrapped = saved instanceof Map ? WRAPPERS.map((name) => saved.get(name)).find(holdsTensors) : undefined;
  if (wrapped) return wrapped;
  const found = saved instanceof Map ? `a dict of ${[...saved.keys()].slice(0, 8).map(String).join(', ')}` : 'no dict';
  throw malformed(path, `expected tensors by name, at the top or under ${WRAPPERS.join(', ')}; found ${found}`);
}

const calls = (value: Pickled, name: string): value is Call =>
  value instanceof Call && value.callee instanceof Global && value.callee.name === name;
const TENSOR = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';

/** A parameter is a tensor and whether it is trained. */
const unwrapped = (value: Call): Call =>
  calls(value, PARAMETER) && Array.isArray(value.args) ? (value.args[0] as Call) : value;
const isTensor = (value: Pickled): value is Call =>
  calls(value, TENSOR) || (calls(value, PARAMETER) && Array.isArray(value.args) && calls(value.args[0], TENSOR));

interface Archive {
  entries: ReadonlyMap<string, ZipEntry>;
  folder: string;
  path: string;
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, …)` with the storage `('storage', type, key, location, elements)`. */
function located(name: string, { args }: Call, { entries, folder, path }: Archive): Located {
  const [storage, offset, shape, stride] = Array.isArray(args) ? args : [];
  const id = storage instanceof Persistent && Array.isArray(storage.id) ? storage.id : [];
  const [, type, key] = id;
  const kind = type instanceof Global ? type.name.replace(/^torch\./, '') : String(type);
  const dtype = STORAGES[kind];
  if (!dtype) throw malformed(path, `tensor "${name}" is a ${kind}; readable: ${Object.keys(STORAGES).join(', ')}`);
  const entry = entries.get(`${folder}data/${String(key)}`);
  if (!entry) throw malformed(path, `the data of tensor "${name}" (data/${String(key)}) is missing`);
  if (!isCount(offset) || !areCounts(shape) || !areCounts(stride) || shape.length !== stride.length)
    throw malformed(path, `tensor "${name}" has no valid shape and stride`);
  const last = shape.includes(0) ? -1 : shape.reduce((sum, length, i) => sum + (length - 1) * stride[i], offset);
  if (((last + 1) * DTYPE_BITS[dtype]) / 8 > entry.bytes)
    throw malformed(path, `tensor "${name}" needs ${last + 1} elements of its storage, which has ${(entry.bytes * 8) / DTYPE_BITS[dtype]}`); // prettier-ignore
  return { name, dtype, shape, stride, offset, storage: entry };
}

const isCount = (value: Pickled | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const areCounts = (value: Pickled | undefined): value is number[] => Array.isArray(value) && value.every(isCount);

function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && stride[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/** Copy a strided view into row-major order. */
function rowMajor(elements: Float32Array, shape: readonly number[], stride: readonly number[]): Float32Array {
  const values = new Float32Array(numElements(shape));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < values.length; to++) {
    values[to] = elements[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}

function malformed(path: string, what: string, cause?: unknown): UserError {
  return new UserError({
    what: `not a PyTorch checkpoint that can be read: ${what}`,
    where: path,
    mend: 'save it as safetensors: `safetensors.torch.save_file(torch.load(path, weights_only=True), out)`',
    cause,
  });
}
