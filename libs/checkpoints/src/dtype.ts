/**
 * Element types of safetensors (https://huggingface.co/docs/safetensors, `Dtype`) and their size in bits. Every one may
 * stand in a file's header; those with a reader below can be read.
 */
export const DTYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8,
  I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32, C64: 64, F64: 64, I64: 64, U64: 64,
}; // prettier-ignore

/** Elements widened or narrowed at a time, so that a tensor's raw bytes never stand in memory beside its values. */
export const CHUNK_ELEMENTS = 1 << 20;

/** What can be written. */
export type StoredDtype = 'F32' | 'BF16' | 'F16';

/** Values of one dtype, given as raw little-endian bytes, widened into `output`. */
type Widen = (bytes: Uint8Array, output: Float32Array) => void;

const copying =
  (View: new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayLike<number | bigint>): Widen =>
  (bytes, output) => {
    const values = new View(bytes.buffer, bytes.byteOffset, output.length);
    for (let i = 0; i < output.length; i++) output[i] = Number(values[i]);
  };

/** How each readable dtype becomes float32. Integers beyond 2^24 and doubles are rounded to the nearest float32. */
export const WIDEN: Readonly<Record<string, Widen>> = {
  F32: (bytes, output) => new Uint8Array(output.buffer, output.byteOffset, output.byteLength).set(bytes),
  F64: copying(Float64Array),
  BF16: widenBfloat16,
  F16: widenFloat16,
  BOOL: copying(Uint8Array),
  U8: copying(Uint8Array),
  I8: copying(Int8Array),
  U16: copying(Uint16Array),
  I16: copying(Int16Array),
  U32: copying(Uint32Array),
  I32: copying(Int32Array),
  U64: copying(BigUint64Array),
  I64: copying(BigInt64Array),
};

/** The bytes of `values` as `dtype`, rounded to nearest, ties to even. */
export function narrow(values: Float32Array, dtype: StoredDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const round = dtype === 'BF16' ? bfloat16Bits : float16Bits;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = Uint16Array.from(bits, round);
  return new Uint8Array(halves.buffer);
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(bytes: Uint8Array, output: Float32Array): void {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, output.length);
  const bits = new Uint32Array(output.buffer, output.byteOffset, output.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
}

function bfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN stays NaN
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

let float16Table: Float32Array | undefined;

function widenFloat16(bytes: Uint8Array, output: Float32Array): void {
  float16Table ??= Float32Array.from({ length: 65536 }, (_, half) => float16Value(half));
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, output.length);
  for (let i = 0; i < output.length; i++) output[i] = float16Table[halves[i]];
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function float16Value(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to 65536 or more: infinity
  if (magnitude < 0x38800000) return sign | subnormalFloat16(magnitude);
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13); // the exponent's bias falls from 127 to 15
}

/** Below 2^-14 a binary16 counts in steps of 2^-24. */
function subnormalFloat16(magnitude: number): number {
  const exponent = magnitude >>> 23;
  if (exponent < 102) return 0; // below half a step
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const half = 2 ** (shift - 1);
  return Math.floor((significand + half - 1 + ((significand >>> shift) & 1)) / 2 ** shift);
}
