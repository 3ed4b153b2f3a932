import { UserError } from '@egolab/foundation';
import { OTHER_TYPES, QUANTIZATIONS } from './gguf-quantization.ts';
import { RandomAccessFile, truncated } from './random-access-file.ts';

/** A metadata value; integers beyond 2^53 stay bigints. */
export type GgufValue = number | bigint | boolean | string | GgufValue[];

interface GgufTensor {
  name: string;
  /** row-major, outermost first: the file's order reversed */
  shape: number[];
  /** ggml's type number */
  type: number;
  /** first byte, from the start of the file */
  position: number;
}

/**
 * A GGUF file (versions 2 and 3, little-endian): metadata and tensor table read at opening, tensor data on request.
 * Format: ggml/docs/gguf.md. Tensor names, order of rows and metadata keys are llama.cpp's own here.
 */
export class GgufFile {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  private readonly file: RandomAccessFile;

  /** @throws UserError for a file that is no GGUF, is cut, or has a version that isn't known */
  constructor(readonly path: string) {
    this.file = new RandomAccessFile(path);
    try {
      const header = new Header(this.file);
      const { tensorCount, entryCount } = readPreamble(header, path);
      this.metadata = readMetadata(header, entryCount);
      this.tensors = readTensorTable(header, tensorCount, alignmentOf(this.metadata, path));
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /** ggml's name of the tensor's encoding, such as `Q4_1`. */
  typeName(name: string): string {
    const { type } = this.tensor(name);
    return QUANTIZATIONS.get(type)?.name ?? OTHER_TYPES[type] ?? `type ${type}`;
  }

  /** The tensor's values as float32, row-major. */
  read(name: string): Float32Array {
    const { type, shape, position } = this.tensor(name);
    const quantization = QUANTIZATIONS.get(type);
    if (!quantization) {
      throw new UserError({
        what: `tensor ${name} has the quantisation ${this.typeName(name)}, which can't be read; known: ${[...QUANTIZATIONS.values()].map((q) => q.name).join(', ')}`,
        where: this.path,
        mend: 'take a file of the same model in one of these quantisations',
      });
    }
    const rowLength = shape.at(-1) ?? 1;
    const count = shape.reduce((a, b) => a * b, 1);
    if (rowLength % quantization.blockSize !== 0) {
      throw corrupt(
        this.path,
        `tensor ${name} of shape [${shape}] doesn't divide into ${quantization.name} blocks of ${quantization.blockSize}`,
      );
    }
    const bytes = this.file.read(
      position,
      (count / quantization.blockSize) * quantization.blockBytes,
      `tensor ${name}`,
    );
    const values = new Float32Array(count);
    quantization.decode(bytes, values);
    return values;
  }

  close(): void {
    this.file.close();
  }

  private tensor(name: string): GgufTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new Error(`${this.path} has no tensor ${name}`);
    return tensor;
  }
}

function corrupt(path: string, what: string): UserError {
  return new UserError({ what, where: path, mend: 'the file is damaged: download or copy it again' });
}

/** Reads forward through a file's head, a few megabytes at a time. */
class Header {
  position = 0;
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;

  constructor(private readonly file: RandomAccessFile) {}

  get path(): string {
    return this.file.path;
  }

  uint32(): number {
    return this.view(4).getUint32(0, true);
  }

  /** A count or an offset; those beyond 2^53 can only be damage. */
  uint64(): number {
    const value = this.view(8).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw corrupt(this.path, `a count of ${value} at byte ${this.position - 8}`);
    return Number(value);
  }

  text(): string {
    const length = this.uint64();
    const view = this.view(length);
    return Buffer.from(view.buffer, view.byteOffset, length).toString('utf8');
  }

  /** The next `length` bytes. */
  view(length: number): DataView {
    const end = this.position + length;
    if (end > this.file.size) throw truncated(this.path, 'the GGUF header', end, this.file.size);
    if (end > this.windowStart + this.window.length) {
      const size = Math.min(Math.max(length, 2 ** 22), this.file.size - this.position);
      this.window = this.file.read(this.position, size, 'the GGUF header');
      this.windowStart = this.position;
    }
    const view = new DataView(this.window.buffer, this.position - this.windowStart, length);
    this.position = end;
    return view;
  }
}

function readPreamble(header: Header, path: string): { tensorCount: number; entryCount: number } {
  const magic = String.fromCharCode(...new Uint8Array(header.view(4).buffer, 0, 4));
  if (magic !== 'GGUF') {
    throw new UserError({
      what: `expected a GGUF file, which begins with "GGUF"; this begins with ${JSON.stringify(magic)}`,
      where: path,
      mend: 'name a .gguf file',
    });
  }
  const version = header.uint32();
  if (version !== 2 && version !== 3) {
    throw new UserError({
      what: `expected GGUF version 2 or 3, little-endian, got ${version}`,
      where: path,
      mend: 'convert the model again with a current llama.cpp',
    });
  }
  return { tensorCount: header.uint64(), entryCount: header.uint64() };
}

/** By the value-type number of the format. */
const READ_VALUE: ((header: Header) => GgufValue)[] = [
  (header) => header.view(1).getUint8(0),
  (header) => header.view(1).getInt8(0),
  (header) => header.view(2).getUint16(0, true),
  (header) => header.view(2).getInt16(0, true),
  (header) => header.view(4).getUint32(0, true),
  (header) => header.view(4).getInt32(0, true),
  (header) => header.view(4).getFloat32(0, true),
  (header) => header.view(1).getUint8(0) !== 0,
  (header) => header.text(),
  (header) => readArray(header),
  (header) => narrow(header.view(8).getBigUint64(0, true)),
  (header) => narrow(header.view(8).getBigInt64(0, true)),
  (header) => header.view(8).getFloat64(0, true),
];

const narrow = (value: bigint) => (BigInt.asIntN(53, value) === value ? Number(value) : value);

function valueReader(header: Header): (header: Header) => GgufValue {
  const type = header.uint32();
  const read = READ_VALUE[type];
  if (!read) throw corrupt(header.path, `a metadata value of the unknown type ${type} at byte ${header.position - 4}`);
  return read;
}

function readArray(header: Header): GgufValue[] {
  const read = valueReader(header);
  const length = header.uint64();
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(read(header));
  return values;
}

function readMetadata(header: Header, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = header.text();
    metadata.set(key, valueReader(header)(header));
  }
  return metadata;
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, path: string): number {
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment <= 0 || alignment % 8 !== 0) {
    throw corrupt(path, `general.alignment is ${String(alignment)}; expected a multiple of 8`);
  }
  return alignment;
}

function readTensorTable(header: Header, count: number, alignment: number): Map<string, GgufTensor> {
  const tensors: GgufTensor[] = [];
  for (let i = 0; i < count; i++) {
    const name = header.text();
    const dimensions = header.uint32();
    if (dimensions > 8) throw corrupt(header.path, `tensor ${name} has ${dimensions} dimensions`);
    const shape = Array.from({ length: dimensions }, () => header.uint64()).reverse();
    tensors.push({ name, shape, type: header.uint32(), position: header.uint64() });
  }
  const dataStart = Math.ceil(header.position / alignment) * alignment;
  return new Map(tensors.map((tensor) => [tensor.name, { ...tensor, position: dataStart + tensor.position }]));
}
