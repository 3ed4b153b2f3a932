import { UserError, writeFileAtomic } from '@egolab/foundation';
import { named, type Checkpoint, type TensorInfo } from './checkpoint.ts';
import { CHUNK_ELEMENTS, DTYPE_BITS, narrow, type StoredDtype, WIDEN } from './dtype.ts';
import { RandomAccessFile } from './random-access-file.ts';
import {
  formatHeader,
  malformed,
  MAX_HEADER_BYTES,
  numElements,
  parseHeader,
  type SafetensorsHeader,
} from './safetensors-header.ts';

/** A tensor to be written. `data` as a function is called when its turn comes, so that only one tensor is in memory at a time. */
export interface TensorSource {
  name: string;
  shape: readonly number[];
  /** stored element type, F32 unless given */
  dtype?: StoredDtype;
  data: Float32Array | (() => Float32Array);
}

/** Open one `.safetensors` file: the header is read and checked, the data stays on disk until `read`. */
export function openSafetensors(path: string): Checkpoint {
  const file = new RandomAccessFile(path);
  try {
    return new SafetensorsFile(file, readHeader(file));
  } catch (error) {
    file.close();
    throw error;
  }
}

class SafetensorsFile implements Checkpoint {
  readonly source: string;
  readonly metadata: Record<string, string>;
  private readonly tensors: SafetensorsHeader['tensors'];
  private readonly dataStart: number;

  constructor(
    private readonly file: RandomAccessFile,
    { header, dataStart }: { header: SafetensorsHeader; dataStart: number },
  ) {
    this.source = file.path;
    this.metadata = header.metadata;
    this.tensors = header.tensors;
    this.dataStart = dataStart;
  }

  names(): string[] {
    return [...this.tensors.keys()];
  }

  info(name: string): TensorInfo {
    const { dtype, shape } = this.locate(name);
    return { name, dtype, shape };
  }

  read(name: string): Float32Array {
    const { dtype, shape, begin } = this.locate(name);
    const widen = WIDEN[dtype];
    if (!widen) {
      throw new UserError({
        what: `tensor "${name}" is ${dtype}, which can't be read; readable: ${Object.keys(WIDEN).join(', ')}`,
        where: this.source,
        mend: 'convert the checkpoint to BF16 or F32',
      });
    }
    const values = new Float32Array(numElements(shape));
    const width = DTYPE_BITS[dtype] / 8;
    for (let start = 0; start < values.length; start += CHUNK_ELEMENTS) {
      const part = values.subarray(start, start + CHUNK_ELEMENTS);
      widen(this.file.read(this.dataStart + begin + start * width, part.length * width, `tensor "${name}"`), part);
    }
    return values;
  }

  close(): void {
    this.file.close();
  }

  private locate(name: string) {
    return named(this.tensors, name, this.source);
  }
}

function readHeader(file: RandomAccessFile): { header: SafetensorsHeader; dataStart: number } {
  if (file.size < 8)
    throw malformed(file.path, `the file is cut: the header's length takes 8 bytes, the file has ${file.size}`);
  const length = Number(Buffer.from(file.read(0, 8, "the header's length").buffer).readBigUInt64LE());
  if (length > MAX_HEADER_BYTES)
    throw malformed(file.path, `a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed`);
  if (8 + length > file.size)
    throw malformed(file.path, `the file is cut: the header ends at byte ${8 + length}, the file at ${file.size}`);
  const text = Buffer.from(file.read(8, length, 'the header').buffer).toString('utf8');
  return { header: parseHeader(text, file.size - 8 - length, file.path), dataStart: 8 + length };
}

/**
 * Write tensors to one safetensors file, streamed and atomic: a crash or a full disk leaves the old file whole.
 * Shapes are needed before data (they stand in the header), so the list is walked once for each.
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<TensorSource>,
  metadata: Record<string, string> = {},
): void {
  const sources = [...tensors].map((source) => ({ ...source, dtype: source.dtype ?? ('F32' as const) }));
  const names = new Set<string>();
  for (const { name } of sources) {
    if (name === '__metadata__' || names.has(name))
      throw new Error(`safetensors can't hold two tensors, or metadata and a tensor, named "${name}"`);
    names.add(name);
  }
  writeFileAtomic(path, fileChunks(sources, metadata));
}

function* fileChunks(
  sources: (TensorSource & { dtype: StoredDtype })[],
  metadata: Record<string, string>,
): Generator<Uint8Array> {
  yield formatHeader(sources, metadata);
  for (const { name, shape, dtype, data } of sources) {
    const values = typeof data === 'function' ? data() : data;
    if (values.length !== numElements(shape)) {
      throw new Error(
        `tensor "${name}": shape [${shape.join(', ')}] has ${numElements(shape)} values, the data ${values.length}`,
      );
    }
    for (let start = 0; start < values.length; start += CHUNK_ELEMENTS) {
      yield narrow(values.subarray(start, start + CHUNK_ELEMENTS), dtype);
    }
  }
}
