import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { npyBytes, parseNpy, readNpy, writeNpy } from './npy.ts';
import { readNpz } from './npz.ts';

const folder = mkdtempSync(join(tmpdir(), 'npy-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('.npy', () => {
  it('gives arrays of any shape back', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 3);
        expect(parseNpy(npyBytes(shape, data), 'bytes')).toEqual({ dtype: 'float32', shape, data });
      }),
    );
  });

  it('keeps the element type, and aligns the data to 64 bytes', () => {
    for (const data of [
      new Uint8Array([1, 255]),
      new Int32Array([-1, 7]),
      new Float64Array([0.1, -0.1]),
      new BigInt64Array([-1n, 9n]),
    ]) {
      const bytes = npyBytes([2], data);
      expect((bytes.length - data.byteLength) % 64).toBe(0);
      expect(parseNpy(bytes, 'bytes').data).toEqual(data);
    }
  });

  it('reads half precision and Fortran order', () => {
    const half = Buffer.from(npyBytes([4], new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00])));
    half.write("'<f2'", half.indexOf("'<u2'"));
    expect([...parseNpy(half, 'half').data]).toEqual([1, -2, 2 ** -24, Infinity]);
    const columns = Buffer.from(npyBytes([2, 3], new Uint8Array([1, 4, 2, 5, 3, 6])));
    columns.write('True ', columns.indexOf('False'));
    expect([...parseNpy(columns, 'columns').data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('refuses what is cut or no array', () => {
    const path = join(folder, 'a.npy');
    writeNpy(path, [2, 3], new Float32Array(6));
    const bytes = npyBytes([2, 3], new Float32Array(6));
    expect(readNpy(path).shape).toEqual([2, 3]);
    expect(() => parseNpy(bytes.subarray(0, bytes.length - 1), path)).toThrow(
      /expected 24 bytes of data for float32 \[2,3\], got 23/,
    );
    expect(() => parseNpy(bytes.subarray(0, 20), path)).toThrow(/the header is cut/);
    expect(() => parseNpy(Buffer.from('not an array'), path)).toThrow(/not a NumPy array/);
    const big = Buffer.from(bytes);
    big.write("'|O8'", big.indexOf("'<f4'"));
    expect(() => parseNpy(big, path)).toThrow(/element type '\|O8'/);
    expect(() => readNpy(join(folder, 'none.npy'))).toThrow(/there is no such file/);
  });
});

describe('.npz', () => {
  const array = npyBytes([2, 2], new Uint8Array([1, 2, 3, 4]));

  it.each([
    ['stored', array, 0],
    ['deflated', deflateRawSync(array), 8],
  ] as const)('reads an array that is %s', (name, packed, method) => {
    const path = join(folder, `${name}.npz`);
    writeFileSync(path, zip('images.npy', packed, array.length, method));
    expect(readNpz(path, 'images')).toEqual({ dtype: 'uint8', shape: [2, 2], data: new Uint8Array([1, 2, 3, 4]) });
    expect(() => readNpz(path, 'depth')).toThrow(/expected the array 'depth', found images/);
  });

  it('refuses a cut file', () => {
    const path = join(folder, 'cut.npz');
    writeFileSync(path, zip('images.npy', array, array.length, 0).subarray(0, 60));
    expect(() => readNpz(path, 'images')).toThrow(/not a readable .npz file/);
  });
});

/** A ZIP file of one entry. */
function zip(name: string, packed: Buffer, bytes: number, method: number): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(bytes, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}
