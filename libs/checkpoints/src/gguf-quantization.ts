import { WIDEN } from './dtype.ts';

/**
 * GGML's tensor encodings, block by block (layouts: ggml-common.h of llama.cpp, mirrored by `gguf.quants` on PyPI).
 * Every decoder fills `count` values of `out` from the bytes of whole blocks.
 */
export interface Quantization {
  name: string;
  /** values a block holds */
  blockSize: number;
  /** bytes a block takes */
  blockBytes: number;
  decode(bytes: Uint8Array, out: Float32Array): void;
}

/** Every half-precision bit pattern as float32: 65,536 entries, filled on first use. */
let halfTable: Float32Array | undefined;

function halves(): Float32Array {
  if (!halfTable) {
    halfTable = new Float32Array(65536);
    WIDEN.F16(new Uint8Array(Uint16Array.from(halfTable, (_, bits) => bits).buffer), halfTable);
  }
  return halfTable;
}

const half = (table: Float32Array, bytes: Uint8Array, at: number) => table[bytes[at] | (bytes[at + 1] << 8)];

/** Q4_0, Q4_1, Q5_0, Q5_1: 32 values a block, the low nibbles are the first half, the high nibbles the second. */
function decodeNibbles(bits: 4 | 5, hasMinimum: boolean) {
  const headBytes = hasMinimum ? 4 : 2;
  const blockBytes = headBytes + (bits === 5 ? 4 : 0) + 16;
  return (bytes: Uint8Array, out: Float32Array): void => {
    const table = halves();
    for (let at = 0, o = 0; o < out.length; at += blockBytes, o += 32) {
      const scale = half(table, bytes, at);
      const offset = hasMinimum ? half(table, bytes, at + 2) : -scale * (bits === 4 ? 8 : 16);
      const high = at + headBytes;
      const low = blockBytes + at - 16;
      for (let j = 0; j < 16; j++) {
        const packed = bytes[low + j];
        let first = packed & 15;
        let second = packed >> 4;
        if (bits === 5) {
          first |= ((bytes[high + (j >> 3)] >> (j & 7)) & 1) << 4;
          second |= ((bytes[high + 2 + (j >> 3)] >> (j & 7)) & 1) << 4;
        }
        out[o + j] = first * scale + offset;
        out[o + 16 + j] = second * scale + offset;
      }
    }
  };
}

function decodeQ8_0(bytes: Uint8Array, out: Float32Array): void {
  const table = halves();
  for (let at = 0, o = 0; o < out.length; at += 34, o += 32) {
    const scale = half(table, bytes, at);
    for (let j = 0; j < 32; j++) out[o + j] = ((bytes[at + 2 + j] << 24) >> 24) * scale;
  }
}

/** The eight 6-bit scales and minima of a Q4_K or Q5_K block, packed in 12 bytes. */
function sixBitScale(bytes: Uint8Array, at: number, group: number): [scale: number, minimum: number] {
  if (group < 4) return [bytes[at + group] & 63, bytes[at + group + 4] & 63];
  const low = bytes[at + group + 4];
  return [(low & 15) | ((bytes[at + group - 4] >> 6) << 4), (low >> 4) | ((bytes[at + group] >> 6) << 4)];
}

/** Q4_K and Q5_K: 256 values in 8 groups of 32, each with its own 6-bit scale and minimum. */
function decodeK(bits: 4 | 5) {
  const blockBytes = 16 + (bits === 5 ? 32 : 0) + 128;
  return (bytes: Uint8Array, out: Float32Array): void => {
    const table = halves();
    for (let at = 0, o = 0; o < out.length; at += blockBytes, o += 256) {
      const scale = half(table, bytes, at);
      const minimum = half(table, bytes, at + 2);
      for (let group = 0; group < 8; group++) {
        const [groupScale, groupMinimum] = sixBitScale(bytes, at + 4, group);
        const low = at + blockBytes - 128 + (group >> 1) * 32;
        const shift = (group & 1) * 4;
        for (let j = 0; j < 32; j++) {
          let q = (bytes[low + j] >> shift) & 15;
          if (bits === 5) q |= ((bytes[at + 16 + j] >> group) & 1) << 4;
          out[o + group * 32 + j] = scale * groupScale * q - minimum * groupMinimum;
        }
      }
    }
  };
}

/** Q6_K: 256 values, low 4 bits and high 2 bits apart, an 8-bit scale for each 16. */
function decodeQ6_K(bytes: Uint8Array, out: Float32Array): void {
  const table = halves();
  for (let at = 0, o = 0; o < out.length; at += 210, o += 256) {
    const scale = half(table, bytes, at + 208);
    for (let i = 0; i < 256; i++) {
      const within = i & 127; // each half of the block: four rows of 32
      const row = within >> 5;
      const column = within & 31;
      const low = bytes[at + (i >> 7) * 64 + (row & 1) * 32 + column] >> ((row >> 1) * 4);
      const high = bytes[at + 128 + (i >> 7) * 32 + column] >> (2 * row);
      const q = ((low & 15) | ((high & 3) << 4)) - 32;
      out[o + i] = scale * ((bytes[at + 192 + (i >> 4)] << 24) >> 24) * q;
    }
  }
}

/** By ggml's type number. */
export const QUANTIZATIONS: ReadonlyMap<number, Quantization> = new Map<number, Quantization>([
  [0, { name: 'F32', blockSize: 1, blockBytes: 4, decode: WIDEN.F32 }],
  [1, { name: 'F16', blockSize: 1, blockBytes: 2, decode: WIDEN.F16 }],
  [2, { name: 'Q4_0', blockSize: 32, blockBytes: 18, decode: decodeNibbles(4, false) }],
  [3, { name: 'Q4_1', blockSize: 32, blockBytes: 20, decode: decodeNibbles(4, true) }],
  [6, { name: 'Q5_0', blockSize: 32, blockBytes: 22, decode: decodeNibbles(5, false) }],
  [7, { name: 'Q5_1', blockSize: 32, blockBytes: 24, decode: decodeNibbles(5, true) }],
  [8, { name: 'Q8_0', blockSize: 32, blockBytes: 34, decode: decodeQ8_0 }],
  [12, { name: 'Q4_K', blockSize: 256, blockBytes: 144, decode: decodeK(4) }],
  [13, { name: 'Q5_K', blockSize: 256, blockBytes: 176, decode: decodeK(5) }],
  [14, { name: 'Q6_K', blockSize: 256, blockBytes: 210, decode: decodeQ6_K }],
  [30, { name: 'BF16', blockSize: 1, blockBytes: 2, decode: WIDEN.BF16 }],
]);

/** Names of ggml's types that aren't decoded here, for messages. */
export const OTHER_TYPES: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};
