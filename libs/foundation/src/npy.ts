import { readFileSync } from 'node:fs';
import { UserError } from './errors.ts';
import { writeFileAtomic } from './files.ts';
import { requireFile } from './text.ts';

export type NpyData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array;

/** A NumPy array in C order. */
export interface NpyArray<Data extends NpyData = NpyData> {
  /** NumPy's name of the stored element type; `float16` and `bool` are held as Float32Array and Uint8Array */
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly data: Data;
}

const kinds = {
  float16: { descr: '<f2', bytes: 2 },
  float32: { descr: '<f4', bytes: 4 },
  float64: { descr: '<f8', bytes: 8 },
  uint8: { descr: '|u1', bytes: 1 },
  int8: { descr: '|i1', bytes: 1 },
  uint16: { descr: '<u2', bytes: 2 },
  int16: { descr: '<i2', bytes: 2 },
  uint32: { descr: '<u4', bytes: 4 },
  int32: { descr: '<i4', bytes: 4 },
  int64: { descr: '<i8', bytes: 8 },
  bool: { descr: '|b1', bytes: 1 },
} as const;
export type NpyDtype = keyof typeof kinds;

/** The type under which an array is stored. */
function dtypeOf(data: NpyData): NpyDtype {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint16Array) return 'uint16';
  if (data instanceof Int16Array) return 'int16';
  if (data instanceof Uint32Array) return 'uint32';
  if (data instanceof Int32Array) return 'int32';
  return 'int64';
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/**
 * Read a `.npy` file (NumPy format 1.0 to 3.0, little endian; Fortran order is put into C order).
 * @throws UserError for a missing, cut or foreign file, or an element type that isn't a plain number
 */
export function readNpy(path: string): NpyArray {
  requireFile(path);
  return parseNpy(readFileSync(path), path);
}

/** As {@link readNpy}, from memory; `where` names the bytes in messages. */
export function parseNpy(bytes: Uint8Array, where: string): NpyArray {
  const { header, start } = npyHeader(bytes, where);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || dimensions === undefined)
    throw broken('the header names no element type, order or shape', where);
  const dtype = (Object.keys(kinds) as NpyDtype[]).find(
    (name) => kinds[name].descr.slice(1) === descr.replace(/^[<|=]/, ''),
  );
  if (!dtype) throw broken(`expected plain little-endian numbers, got element type '${descr}'`, where);
  const shape = dimensions
    .split(',')
    .map((length) => length.trim())
    .filter((length) => length !== '')
    .map(Number);
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw broken(`shape (${dimensions})`, where);
  const size = sizeOf(shape);
  const expected = size * kinds[dtype].bytes;
  if (bytes.length - start !== expected)
    throw broken(`expected ${expected} bytes of data for ${dtype} [${shape}], got ${bytes.length - start}`, where);
  const data = elements(dtype, new Uint8Array(bytes.subarray(start)).buffer, size);
  return { dtype, shape, data: fortran === 'True' ? toRowMajor(data, shape) : data };
}

function npyHeader(bytes: Uint8Array, where: string): { header: string; start: number } {
  const magic = '\u0093NUMPY';
  if (bytes.length < 10 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== magic)
    throw broken('not a NumPy array file', where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] >= 2;
  if (wide && bytes.length < 12) throw broken('the header is cut', where);
  const begin = wide ? 12 : 10;
  const start = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (start > bytes.length) throw broken('the header is cut', where);
  return { header: Buffer.from(bytes.subarray(begin, start)).toString(bytes[6] >= 3 ? 'utf8' : 'latin1'), start };
}

function broken(what: string, where: string): UserError {
  return new UserError({ what, where, mend: 'expected a file as numpy.save writes it; it may be cut: copy it again' });
}

function elements(dtype: NpyDtype, buffer: ArrayBuffer, size: number): NpyData {
  switch (dtype) {
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, 0, size), halfToNumber);
    case 'float32':
      return new Float32Array(buffer, 0, size);
    case 'float64':
      return new Float64Array(buffer, 0, size);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, 0, size);
    case 'int8':
      return new Int8Array(buffer, 0, size);
    case 'uint16':
      return new Uint16Array(buffer, 0, size);
    case 'int16':
      return new Int16Array(buffer, 0, size);
    case 'uint32':
      return new Uint32Array(buffer, 0, size);
    case 'int32':
      return new Int32Array(buffer, 0, size);
    case 'int64':
      return new BigInt64Array(buffer, 0, size);
  }
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const out = data.slice();
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    out[i] = data[from];
  }
  return out;
}

/** The bytes that numpy.save writes for a C-order array; the element type is that of `data`. */
export function npyBytes(shape: readonly number[], data: NpyData): Buffer {
  if (sizeOf(shape) !== data.length)
    throw new Error(`expected ${sizeOf(shape)} values for [${shape}], got ${data.length}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${kinds[dtypeOf(data)].descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10; // data begin at a multiple of 64
  const header = Buffer.alloc(10 + length, ' ');
  header.write('\u0093NUMPY\u0001\u0000', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, 10, 'latin1');
  header[header.length - 1] = 0x0a;
  return Buffer.concat([header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Write a `.npy` file, whole or not at all. */
export function writeNpy(path: string, shape: readonly number[], data: NpyData): void {
  writeFileAtomic(path, npyBytes(shape, data));
}
