import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@egolab/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrow } from './dtype.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { openSafetensors, type TensorSource, writeSafetensors } from './safetensors.ts';
import { writeCheckpointFolder } from './sharded.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-checkpoints-'));
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** A file with this header text (or object) and so many data bytes. */
function fileWith(header: unknown, dataBytes: number, length?: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length ?? json.length));
  const path = join(folder(), 'x.safetensors');
  writeFileSync(path, Buffer.concat([prefix, json, Buffer.alloc(dataBytes)]));
  return path;
}

function errorOf(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('expected a UserError');
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('reading', () => {
  const expected = JSON.parse(readFileSync(fixture('dtypes.json'), 'utf8')) as {
    source: string[];
    tensors: Record<string, { shape: number[]; values: string[] }>;
  };
  const number = (text: string) =>
    text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);

  it('widens every dtype of a file that the reference implementation wrote', () => {
    const checkpoint = openCheckpoint(fixture('dtypes.safetensors'));
    expect(checkpoint.names().sort()).toEqual(Object.keys(expected.tensors).sort());
    expect(checkpoint.metadata).toEqual({ format: 'pt', note: 'wörter' });
    for (const [name, { shape, values }] of Object.entries(expected.tensors)) {
      expect(checkpoint.info(name).shape).toEqual(shape);
      expect(Array.from(checkpoint.read(name)), name).toEqual(values.map((value) => Math.fround(number(value))));
    }
    checkpoint.close();
    expect(() => checkpoint.read('float32')).toThrow(/was closed/);
  });

  it('rounds to BF16 and F16 as torch does', () => {
    const source = Float32Array.from(expected.source, number);
    const path = join(folder(), 'rounded.safetensors');
    writeSafetensors(
      path,
      (['BF16', 'F16'] as const).map((dtype) => ({ name: dtype, shape: [source.length], dtype, data: source })),
    );
    const checkpoint = openSafetensors(path);
    expect(Array.from(checkpoint.read('BF16'))).toEqual(expected.tensors['bfloat16'].values.map(number));
    expect(Array.from(checkpoint.read('F16'))).toEqual(expected.tensors['float16'].values.map(number));
    expect(new Uint16Array(narrow(new Float32Array([NaN]), 'BF16').buffer)[0]).toBe(0x7fc0);
  });

  it('reads back what it wrote, in order, from chunks', () => {
    const large = Float32Array.from({ length: (1 << 20) + 3 }, (_, i) => i);
    const path = join(folder(), 'a.safetensors');
    writeSafetensors(
      path,
      [
        { name: 'b', shape: [large.length], data: () => large },
        { name: 'a', shape: [], data: new Float32Array([7]) },
      ],
      { k: 'v' },
    );
    const checkpoint = openSafetensors(path);
    expect(checkpoint.names()).toEqual(['b', 'a']);
    expect(Buffer.from(checkpoint.read('b').buffer).equals(Buffer.from(large.buffer))).toBe(true);
    expect(checkpoint.read('a')[0]).toBe(7);
    expect((readFileSync(path).length - 4 * (large.length + 1)) % 8).toBe(0);
  });

  it('says which names come near', () => {
    const checkpoint = openSafetensors(fixture('dtypes.safetensors'));
    expect(errorOf(() => checkpoint.info('floot32')).message).toContain('did you mean "float32"?');
  });

  it('refuses to read a dtype that it has no widening for', () => {
    const checkpoint = openSafetensors(fileWith({ a: { dtype: 'F8_E4M3', shape: [3], data_offsets: [0, 3] } }, 3));
    expect(errorOf(() => checkpoint.read('a')).message).toMatch(/"a" is F8_E4M3/);
  });
});

describe('a damaged file', () => {
  const cases: [string, string, RegExp][] = [
    [
      'shorter than its length field',
      fileWith('', 0).replace('x.safetensors', 'empty'),
      /the header's length takes 8 bytes, the file has 3/,
    ],
    ['header longer than allowed', fileWith('{}', 0, 100_000_001), /header of 100000001 bytes; at most 100000000/],
    ['cut in the header', fileWith('{}', 0, 50), /cut: the header ends at byte 58, the file at 10/],
    ['header not JSON', fileWith('{"a": ', 0), /header isn't JSON/],
    ['header not an object', fileWith('[1]', 0), /must be a JSON object, found \[1\]/],
    ['metadata not text', fileWith({ __metadata__: { a: 1 } }, 0), /__metadata__ must map text to text/],
    [
      'duplicate name',
      fileWith(`{"a":${JSON.stringify(f32(0, 4))},"\\u0061":${JSON.stringify(f32(4, 8))}}`, 8),
      /names "a" twice/,
    ],
    [
      'duplicate field',
      fileWith('{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', 4),
      /names "dtype" twice/,
    ],
    ['unknown dtype', fileWith({ a: { ...f32(0, 4), dtype: 'F31' } }, 4), /"a": unknown dtype "F31"/],
    ['negative size', fileWith({ a: f32(0, 4, [-1]) }, 4), /"a": shape must be a list of sizes, found \[-1\]/],
    ['no offsets', fileWith({ a: { dtype: 'F32', shape: [1] } }, 4), /"a": data_offsets must be \[begin, end\]/],
    [
      'size unlike shape',
      fileWith({ a: f32(0, 8, [3]) }, 8),
      /"a": F32 \[3\] takes 12 bytes, but data_offsets \[0, 8\] hold 8/,
    ],
    [
      'hole',
      fileWith({ a: f32(0, 4), b: f32(8, 12) }, 12),
      /"b" leaves a hole after "a": expected it to begin at byte 4, found 8/,
    ],
    ['hole at the start', fileWith({ a: f32(4, 8) }, 8), /"a" leaves a hole after the header/],
    [
      'overlap',
      fileWith({ a: f32(0, 8), b: f32(4, 12) }, 12),
      /"b" overlaps "a": expected it to begin at byte 8, found 4/,
    ],
    ['cut in the data', fileWith({ a: f32(0, 8) }, 5), /cut: tensor "a" ends at data byte 8, the file at 5/],
    ['bytes left over', fileWith({ a: f32(0, 8) }, 9), /1 bytes after the last tensor/],
  ];
  writeFileSync(cases[0][1], 'abc');

  it.each(cases)('%s is a UserError that names it', (_, path, message) => {
    const error = errorOf(() => openSafetensors(path));
    expect(error.message).toMatch(message);
    expect(error.where).toBe(path);
  });

  it('never gets past the checks by a cut anywhere', () => {
    const whole = readFileSync(fixture('dtypes.safetensors'));
    const path = join(folder(), 'cut.safetensors');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        writeFileSync(path, whole.subarray(0, length));
        errorOf(() => openSafetensors(path));
      }),
      { numRuns: 60 },
    );
  });

  it('is named when it does not exist', () => {
    expect(errorOf(() => openCheckpoint(join(folder(), 'none'))).message).toContain('no such checkpoint');
  });
});

describe('saving', () => {
  const ones = (name: string, length: number): TensorSource => ({
    name,
    shape: [length],
    data: new Float32Array(length).fill(1),
  });

  it('keeps the old file when the writer fails', () => {
    const path = join(folder(), 'a.safetensors');
    writeSafetensors(path, [ones('old', 2)]);
    const failing: TensorSource = {
      ...ones('b', 2),
      data: () => {
        throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      },
    };
    expect(errorOf(() => writeSafetensors(path, [ones('a', 2), failing])).message).toContain('the disk is full');
    expect(openSafetensors(path).names()).toEqual(['old']);
    expect(readdirSync(join(path, '..'))).toEqual(['a.safetensors']);
  });

  it('keeps the old file when the system refuses to let a file grow', () => {
    const path = join(folder(), 'a.safetensors');
    writeSafetensors(path, [ones('old', 2)]);
    const script = `import { writeSafetensors } from ${JSON.stringify(new URL('safetensors.ts', import.meta.url).pathname)};
      try { writeSafetensors(${JSON.stringify(path)}, [{ name: 'a', shape: [1000000], data: new Float32Array(1000000) }]); }
      catch (error) { process.stdout.write(error.name + ' ' + error.message); }`;
    const child = spawnSync(
      'sh',
      ['-c', 'ulimit -f 100; exec "$0" --import tsx --input-type=module', process.execPath],
      { input: script, encoding: 'utf8' },
    );
    expect(child.stdout).toMatch(/UserError .*disk is full \(EFBIG\)/);
    expect(openSafetensors(path).names()).toEqual(['old']);
    expect(readdirSync(join(path, '..'))).toEqual(['a.safetensors']);
  });

  it('refuses data that is not of the shape', () => {
    const path = join(folder(), 'a.safetensors');
    expect(() => writeSafetensors(path, [{ ...ones('a', 2), shape: [3] }])).toThrow(
      /shape \[3\] has 3 values, the data 2/,
    );
    expect(() => writeSafetensors(path, [ones('a', 2), ones('a', 2)])).toThrow(/two tensors/);
    expect(existsSync(path)).toBe(false);
  });
});

describe('shards', () => {
  const tensors = (value: number): TensorSource[] =>
    Array.from({ length: 5 }, (_, i) => ({
      name: `layers.${i}.weight`,
      shape: [2, 3],
      data: new Float32Array(6).fill(value + i),
    }));
  const values = (path: string) => {
    const checkpoint = openCheckpoint(path);
    const read = checkpoint.names().map((name) => checkpoint.read(name)[0]);
    checkpoint.close();
    return read;
  };

  it('splits at the size limit and reads back through the index', () => {
    const path = folder();
    writeCheckpointFolder(path, tensors(0), { maxShardBytes: 50, metadata: { a: 'b' } });
    expect(readdirSync(path).sort()).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ]);
    expect(JSON.parse(readFileSync(join(path, 'model.safetensors.index.json'), 'utf8')).metadata).toEqual({
      total_size: 120,
    });
    expect(values(path)).toEqual([0, 1, 2, 3, 4]);
    expect(openCheckpoint(path).metadata).toEqual({ a: 'b' });
    expect(values(join(path, 'model.safetensors.index.json'))).toEqual([0, 1, 2, 3, 4]);
  });

  it('replaces a checkpoint by one of other shards, or of one file, and back', () => {
    const path = folder();
    for (const [start, maxShardBytes, files] of [
      [0, 50, 4],
      [10, 50, 4],
      [20, 1000, 1],
      [30, 24, 6],
    ] as const) {
      writeCheckpointFolder(path, tensors(start), { maxShardBytes });
      expect(values(path)).toEqual([0, 1, 2, 3, 4].map((i) => start + i));
      expect(readdirSync(path)).toHaveLength(files);
    }
  });

  it('keeps the old shards when a new one fails', () => {
    const path = folder();
    writeCheckpointFolder(path, tensors(0), { maxShardBytes: 50 });
    const files = readdirSync(path);
    const failing = tensors(10).map((tensor, i) => (i < 4 ? tensor : { ...tensor, data: () => { throw new Error('broken'); } })); // prettier-ignore
    expect(() => writeCheckpointFolder(path, failing, { maxShardBytes: 50 })).toThrow('broken');
    expect(readdirSync(path)).toEqual(files);
    expect(values(path)).toEqual([0, 1, 2, 3, 4]);
  });

  it('names a missing shard, a tensor missing in its shard, and a shard outside the folder', () => {
    const path = folder();
    writeCheckpointFolder(path, tensors(0), { maxShardBytes: 50 });
    const index = join(path, 'model.safetensors.index.json');
    const write = (weight_map: unknown) => writeFileSync(index, JSON.stringify({ weight_map }));
    write({ a: 'gone.safetensors' });
    expect(errorOf(() => openCheckpoint(path)).message).toContain('gone.safetensors');
    write({ absent: 'model-00001-of-00003.safetensors' });
    expect(errorOf(() => openCheckpoint(path)).message).toMatch(/00001-of-00003.*no tensor "absent"/);
    write({ a: '../a.safetensors' });
    expect(errorOf(() => openCheckpoint(path)).message).toContain('leaves the dataset root');
    write({ a: 3 });
    expect(errorOf(() => openCheckpoint(path)).message).toContain('weight_map["a"]');
    writeFileSync(index, '{}');
    expect(errorOf(() => openCheckpoint(path)).message).toContain('no "weight_map"');
    expect(errorOf(() => openCheckpoint(folder())).message).toContain('neither model.safetensors nor');
  });
});
