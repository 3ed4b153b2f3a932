import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@egolab/foundation';
import { describe, expect, it } from 'vitest';
import { GgufCheckpoint, huggingFaceName } from './gguf-checkpoint.ts';
import { GgufFile } from './gguf.ts';

const fixture = fileURLToPath(new URL('fixtures/quantizations.gguf', import.meta.url));
const smolLM2 = fileURLToPath(new URL('../../../.egolab/models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url));

function variant(change: (bytes: Buffer) => Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'egolab-gguf-')), 'variant.gguf');
  writeFileSync(path, change(readFileSync(fixture)));
  return path;
}

/** -0 and 0 are one number. */
const numbers = (values: Float32Array) => values.map((value) => value + 0);

describe('GgufFile', () => {
  it.each(['F16', 'BF16', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q4_K', 'Q5_K', 'Q6_K'])(
    'reads %s exactly as gguf-py does',
    (type) => {
      const file = new GgufFile(fixture);
      expect(file.typeName(type)).toBe(type);
      expect(numbers(file.read(type))).toEqual(numbers(file.read(`${type}.expected`)));
      file.close();
    },
  );

  it('reads metadata of every kind', () => {
    const { metadata } = new GgufFile(fixture);
    expect(metadata.get('test.float')).toBe(0.5);
    expect(metadata.get('test.negative')).toBe(-3);
    expect(metadata.get('test.texts')).toEqual(['a', 'ß', '']);
    expect(metadata.get('test.flag')).toBe(true);
  });

  it('names the tensor and the quantisation that it cannot read', () => {
    expect(() => new GgufFile(fixture).read('unreadable')).toThrow(/tensor unreadable has the quantisation IQ4_NL/);
  });

  it.each([3, 40, 800])('says that a file of %i bytes is cut', (length) => {
    expect(() => new GgufFile(variant((bytes) => bytes.subarray(0, length)))).toThrow(/the file is cut/);
  });

  it('says which tensor a cut file lacks', () => {
    const file = new GgufFile(variant((bytes) => bytes.subarray(0, bytes.length - 200)));
    expect(() => file.read('k.expected')).toThrow(UserError);
    expect(() => file.read('k.expected')).toThrow(/tensor k\.expected ends at byte/);
  });

  it('refuses other files and other versions', () => {
    const file = (text: string) =>
      variant((bytes) => Buffer.concat([Buffer.from(text, 'latin1'), bytes.subarray(text.length)]));
    expect(() => new GgufFile(file('PK'))).toThrow(/expected a GGUF file/);
    expect(() => new GgufFile(file('GGUF\u0001'))).toThrow(/expected GGUF version 2 or 3, little-endian, got 1/);
  });
});

describe('GgufCheckpoint', () => {
  it('gives query and key rows in the half-split rotary order', () => {
    const checkpoint = new GgufCheckpoint(fixture);
    for (const name of ['q', 'k']) {
      expect(checkpoint.read(`model.layers.0.self_attn.${name}_proj.weight`)).toEqual(
        checkpoint.read(`${name}.expected`),
      );
    }
    expect(checkpoint.info('model.layers.0.self_attn.k_proj.weight')).toEqual({
      name: 'model.layers.0.self_attn.k_proj.weight',
      dtype: 'F32',
      shape: [16, 16],
    });
  });

  it('gives metadata as text', () => {
    const { metadata } = new GgufCheckpoint(fixture);
    expect(metadata['general.architecture']).toBe('llama');
    expect(metadata['test.texts']).toBe('["a","ß",""]');
  });

  it('offers the nearest name', () => {
    expect(() => new GgufCheckpoint(fixture).info('Q8_1')).toThrow(/no tensor "Q8_1"; did you mean/);
  });

  it('keeps names that have no counterpart', () => {
    expect(huggingFaceName('output_norm.weight')).toBe('model.norm.weight');
    expect(huggingFaceName('blk.12.ffn_down.weight')).toBe('model.layers.12.mlp.down_proj.weight');
    expect(huggingFaceName('rope_freqs.weight')).toBe('rope_freqs.weight');
  });

  it.skipIf(!existsSync(smolLM2))('reads all of SmolLM2 (skipped where .egolab/models has no GGUF)', () => {
    const checkpoint = new GgufCheckpoint(smolLM2);
    let count = 0;
    for (const name of checkpoint.names()) {
      count += checkpoint.read(name).length;
    }
    expect(count).toBe(134_515_008);
    expect(checkpoint.read('model.norm.weight').every(Number.isFinite)).toBe(true);
    checkpoint.close();
  });
});
