import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { npyBytes, type NpyData, parseNpy, readNpy, writeNpy } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-npy-'));
const path = join(folder, 'x.npy');

/** A file of a given header and format version. */
function file(version: number, header: string, data: Uint8Array): string {
  const text = Buffer.from(header, version >= 3 ? 'utf8' : 'latin1');
  const start = Buffer.alloc(version === 1 ? 10 : 12);
  start.write('\u0093NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(text.length, 8);
  else start.writeUInt32LE(text.length, 8);
  writeFileSync(path, Buffer.concat([start, text, data]));
  return path;
}
const bytes = (data: NpyData) => new Uint8Array(data.buffer);

describe('the .npy format', () => {
  it.each<[string, NpyData]>([
    ['float32', Float32Array.of(1, NaN, -0, 3.5, 1e-40, Infinity)],
    ['float64', Float64Array.of(1, NaN, -0, 3.5, 1e-310, -Infinity)],
    ['uint8', Uint8Array.of(0, 1, 2, 3, 254, 255)],
    ['int32', Int32Array.of(0, -1, 2, 3, 2 ** 31 - 1, -(2 ** 31))],
    ['int64', BigInt64Array.of(0n, -1n, 2n, 3n, 2n ** 63n - 1n, -(2n ** 63n))],
  ])('writes and reads %s', (dtype, data) => {
    writeNpy(path, [2, 3], data);
    expect(readNpy(path)).toEqual({ dtype, shape: [2, 3], data });
  });

  it('writes numpy.save byte for byte', () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    expect(npyBytes([3], Float32Array.of(1, 2, 3)).toString('latin1')).toBe(
      `\u0093NUMPY\u0001\u0000v\u0000${header.padEnd(117)}\n${Buffer.from(bytes(Float32Array.of(1, 2, 3))).toString('latin1')}`,
    );
  });

  it.each([1, 2, 3])('reads header version %i, scalars, Fortran order and float16', (version) => {
    const data = Float64Array.of(1, 2, 3, 4, 5, 6);
    const header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n";
    expect([...readNpy(file(version, header, bytes(data))).data]).toEqual([1, 3, 5, 2, 4, 6]);
    const half = "{'descr': '<f2', 'fortran_order': False, 'shape': (), }\n";
    expect(readNpy(file(version, half, Uint8Array.of(0x00, 0xc1)))).toMatchObject({ shape: [], dtype: 'float16' });
    expect([...readNpy(path).data]).toEqual([-2.5]);
  });

  it('puts three axes of Fortran order into C order', () => {
    const c = (i: number, j: number, k: number) => i * 100 + j * 10 + k;
    const data = new Int32Array(24);
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) data[i + 2 * j + 6 * k] = c(i, j, k);
    const read = readNpy(file(1, "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 4), }\n", bytes(data))).data;
    expect(read[1 * 12 + 2 * 4 + 3]).toBe(123);
    expect(read[0 * 12 + 1 * 4 + 2]).toBe(12);
  });

  it('names what is wrong with a file', () => {
    const whole = npyBytes([2, 2], Float32Array.of(1, 2, 3, 4));
    const read = (content: Uint8Array) => () => parseNpy(content, 'p.npy');
    expect(read(whole.subarray(0, whole.length - 3))).toThrow(/expected 16 bytes of data for float32 \[2,2\], got 13/);
    expect(read(whole.subarray(0, 40))).toThrow(/p\.npy: the header is cut/);
    expect(read(whole.subarray(0, 5))).toThrow(/not a NumPy array file/);
    expect(read(Buffer.from('PK\u0003\u0004 a zip file'))).toThrow(/not a NumPy array file/);
    const header = (descr: string, shape: string) =>
      readNpy.bind(undefined, file(1, `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`, whole));
    expect(header('|O', '(1,)')).toThrow(/expected plain little-endian numbers, got element type '\|O'/);
    expect(header('>f4', '(1,)')).toThrow(/got element type '>f4'/);
    expect(header('<f4', '(-1,)')).toThrow(/shape \(-1,\)/);
    expect(() => readNpy(join(folder, 'none.npy'))).toThrow(/there is no such file/);
    expect(() => readNpy(folder)).toThrow(/expected a file, got a folder/);
    expect(() => npyBytes([3], Float32Array.of(1))).toThrow('expected 3 values for [3], got 1');
  });
});
