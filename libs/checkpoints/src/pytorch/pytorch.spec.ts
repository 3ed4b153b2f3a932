import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@egolab/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../open-checkpoint.ts';
import { type Call, Global, unpickle } from './unpickle.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const folder = () => mkdtempSync(join(tmpdir(), 'egolab-pytorch-'));
const views = readFileSync(fixture('views.pt'));

/** The fixture with some of its bytes replaced by as many others. */
function altered(from: string, to: string): string {
  const bytes = Buffer.from(views);
  const at = bytes.indexOf(from, 0, 'latin1');
  expect(at).toBeGreaterThan(0);
  expect(to.length).toBe(from.length);
  bytes.write(to, at, 'latin1');
  const path = join(folder(), 'altered.pt');
  writeFileSync(path, bytes);
  return path;
}

describe('openPytorch', () => {
  it('reads every dtype as the safetensors file of the same tensors', () => {
    const ours = openCheckpoint(fixture('dtypes.pt'));
    const reference = openCheckpoint(fixture('dtypes.safetensors'));
    expect([...ours.names()].sort()).toEqual([...reference.names()].sort());
    for (const name of ours.names()) {
      expect(ours.info(name)).toEqual(reference.info(name));
      expect(ours.read(name)).toEqual(reference.read(name));
    }
    ours.close();
    reference.close();
  });

  it('reads views that share a storage, inside what a training program saved', () => {
    const expected = JSON.parse(readFileSync(fixture('views.json'), 'utf8')) as Record<
      string,
      { shape: number[]; values: number[] }
    >;
    const checkpoint = openCheckpoint(fixture('views.pt'));
    expect([...checkpoint.names()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values }] of Object.entries(expected)) {
      expect(checkpoint.info(name).shape).toEqual(shape);
      expect(checkpoint.read(name)).toEqual(Float32Array.from(values));
    }
    expect(() => checkpoint.read('transpose')).toThrow(/did you mean.*transposed/);
    checkpoint.close();
  });

  it('is what a folder with pytorch_model.bin, or with shards of it, holds', () => {
    const single = folder();
    writeFileSync(join(single, 'pytorch_model.bin'), views);
    expect(openCheckpoint(single).names()).toContain('corner');
    const sharded = folder();
    mkdirSync(sharded, { recursive: true });
    writeFileSync(join(sharded, 'pytorch_model-00001-of-00002.bin'), views);
    writeFileSync(join(sharded, 'pytorch_model-00002-of-00002.bin'), readFileSync(fixture('dtypes.pt')));
    const weight_map = { row: 'pytorch_model-00001-of-00002.bin', float16: 'pytorch_model-00002-of-00002.bin' };
    writeFileSync(join(sharded, 'pytorch_model.bin.index.json'), JSON.stringify({ weight_map }));
    const checkpoint = openCheckpoint(sharded);
    expect(checkpoint.names()).toEqual(['row', 'float16']);
    expect(checkpoint.info('float16').dtype).toBe('F16');
  });

  it('refuses another storage type, missing data and a pickle without tensors, and names what is wrong', () => {
    const error = (path: string) => {
      try {
        openCheckpoint(path);
      } catch (caught) {
        expect(caught).toBeInstanceOf(UserError);
        return (caught as UserError).message;
      }
      throw new Error('expected a UserError');
    };
    expect(error(altered('FloatStorage', 'QInt8Storage'))).toMatch(/is a QInt8Storage; readable: FloatStorage/);
    expect(error(altered('state_dict', 'state_list'))).toMatch(/found a dict of epoch, args, state_list, optimizer/);
    const old = join(folder(), 'old.pth');
    writeFileSync(old, Buffer.from('8002 8a0a 6cfc'.replaceAll(' ', ''), 'hex'));
    expect(error(old)).toMatch(/before PyTorch 1.6/);
  });

  it('never throws anything but a UserError, whatever is cut or changed', () => {
    fc.assert(
      fc.property(
        fc.nat(views.length),
        fc.array(fc.tuple(fc.nat(views.length - 1), fc.nat(255)), { maxLength: 4 }),
        (length, changes) => {
          const bytes = Buffer.from(views);
          for (const [at, value] of changes) bytes[at] = value;
          const path = join(folder(), 'x.pt');
          writeFileSync(path, changes.length > 0 ? bytes : bytes.subarray(0, length));
          try {
            const checkpoint = openCheckpoint(path);
            for (const name of checkpoint.names()) checkpoint.read(name);
            checkpoint.close();
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('unpickle', () => {
  it('runs nothing: a call stays a call', () => {
    // what `os.system('echo hostile')` looks like in a pickle
    const hostile = Buffer.concat([
      Buffer.from('8002', 'hex'),
      Buffer.from('cos\nsystem\n'),
      Buffer.from('580c000000', 'hex'),
      Buffer.from('echo hostile'),
      Buffer.from('85522e', 'hex'),
    ]);
    const value = unpickle(hostile) as Call;
    expect(value.callee).toEqual(new Global('os.system'));
    expect(value.args).toEqual(['echo hostile']);
  });

  it('refuses an unknown operation, a cut pickle and an empty stack', () => {
    expect(() => unpickle(Buffer.from([0x80, 2, 0xff]))).toThrow(/unknown operation 0xff at byte 2/);
    expect(() => unpickle(Buffer.from([0x80, 2, 0x58, 9, 0, 0, 0, 65]))).toThrow(/cut/);
    expect(() => unpickle(Buffer.from([0x80, 2, 0x2e]))).toThrow(/nothing on the stack/);
  });
});
