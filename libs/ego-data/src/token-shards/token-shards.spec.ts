import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { npyBytes, Random } from '@egolab/foundation';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeTokens } from './format.ts';
import { streamOrder, TokenMixture, TokenShards, TokenShardWriter, type TokenFormats } from './index.ts';

const formats: TokenFormats = {
  tok_cam: { vocabularySize: 256, shape: [30] },
  tok_rgb: { vocabularySize: 64000, shape: [2, 3, 4] },
};
const root = mkdtempSync(join(tmpdir(), 'token-shards-'));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
let folder: string;
beforeEach(() => (folder = join(root, String(count++))));

const sample = (i: number) => ({
  key: i === 1 ? `${'long-sequence-name/'.repeat(9)}.0001-1` : `take.${i}`,
  tokens: {
    tok_cam: Int32Array.from({ length: 30 }, (_, t) => (i * 7 + t) % 256),
    tok_rgb: Int32Array.from({ length: 24 }, (_, t) => (i * 9973 + t * 31) % 64000),
  },
});

function write(samples: number, perShard = 4): void {
  const writer = new TokenShardWriter(folder, formats, perShard);
  for (let i = 0; i < samples; i++) writer.add(sample(i));
  writer.close();
}

describe('token shards', () => {
  it('give back what was written, shard by shard', () => {
    write(10);
    const shards = TokenShards.open(folder, formats);
    expect(shards.modalities).toEqual(['tok_cam', 'tok_rgb']);
    expect(shards.shardSizes).toEqual([4, 4, 2]);
    for (const i of [9, 0, 4, 1, 3]) expect(shards.read(i)).toEqual(sample(i));
    expect(readdirSync(join(folder, 'tok_cam'))).toEqual(['000000.tar', '000001.tar', '000002.tar']);
  });

  it('are archives that tar reads, and the same bytes each time', () => {
    write(3);
    const archive = join(folder, 'tok_cam', '000000.tar');
    expect(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n')).toEqual(
      [0, 1, 2].map((i) => `${sample(i).key}.npy`),
    );
    const bytes = readFileSync(archive);
    folder = join(root, String(count++));
    write(3);
    expect(readFileSync(join(folder, 'tok_cam', '000000.tar')).equals(bytes)).toBe(true);
  });

  it('refuse another codebook, by the manifest or by a token', () => {
    write(3);
    const smaller = { ...formats, tok_rgb: { vocabularySize: 1000, shape: [2, 3, 4] } };
    expect(() => TokenShards.open(folder, smaller)).toThrow(
      /tok_rgb: the model expects a codebook of 1000 and shape \[2,3,4\], the tokens are of a codebook of 64000/,
    );
    rmSync(join(folder, 'tokens.json'));
    expect(() => TokenShards.open(folder, smaller).read(2)).toThrow(
      /000000.tar:take.2.npy: expected tokens of a codebook of 1000, got 19946 at 0/,
    );
    const flat = { ...formats, tok_rgb: { vocabularySize: 64000, shape: [24] } };
    expect(() => TokenShards.open(folder, flat).read(0)).toThrow(/expected tokens of shape \[24\], got \[2,3,4\]/);
  });

  it('refuse modalities whose keys or shards diverge', () => {
    write(5);
    const other = folder;
    folder = join(root, String(count++));
    const writer = new TokenShardWriter(folder, formats, 4);
    for (const i of [0, 1, 3, 2, 4]) writer.add(sample(i));
    writer.close();
    rmSync(join(folder, 'tok_rgb', '000000.tar'));
    expect(() => TokenShards.open(folder, formats)).toThrow(/tok_rgb: the modalities' shards diverge: 000000.tar is missing/); // prettier-ignore
    renameSync(join(other, 'tok_rgb', '000000.tar'), join(folder, 'tok_rgb', '000000.tar'));
    expect(() => TokenShards.open(folder, formats)).toThrow(
      /keys diverge at sample 2: expected 'take.3' as in tok_cam, got 'take.2'/,
    );
  });

  it('refuse what is cut, foreign or empty', () => {
    write(5);
    truncateSync(join(folder, 'tok_cam', '000001.tar'), 700);
    expect(() => TokenShards.open(folder, formats)).toThrow(/000001.tar: the tar archive is cut/);
    writeFileSync(join(folder, 'tok_cam', '000001.tar'), 'not a tar'.repeat(200));
    expect(() => TokenShards.open(folder, formats)).toThrow(/not an uncompressed tar archive/);
    expect(() => TokenShards.open(join(folder, 'tok_cam'), formats)).toThrow(/there are no token shards/);
    expect(() => TokenShards.open(folder, { tok_cam: formats['tok_cam'] })).toThrow(/got 'tok_rgb'/);
    expect(() => TokenShards.open(join(folder, 'none'), formats)).toThrow(/there is no such folder/);
  });

  it('refuse samples of another format when they are written', () => {
    const writer = new TokenShardWriter(folder, formats);
    writer.add(sample(0));
    expect(() => writer.add(sample(0))).toThrow("expected a new key, got 'take.0'");
    expect(() => writer.add({ key: 'x', tokens: { tok_cam: sample(0).tokens.tok_cam } })).toThrow(/expected the modalities tok_cam, tok_rgb, got tok_cam/); // prettier-ignore
    expect(() => writer.add({ key: 'x', tokens: { ...sample(0).tokens, tok_cam: new Int32Array(30).fill(256) } })).toThrow(/codebook of 256, got 256/); // prettier-ignore
    expect(() => writer.add({ key: 'x', tokens: { ...sample(0).tokens, tok_cam: new Int32Array(29) } })).toThrow(/x \(tok_cam\)/); // prettier-ignore
  });
});

describe('the order of a stream', () => {
  it('visits every clip once, window by window', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4 }), fc.nat(), (shardSizes, window, seed) => {
        const order = streamOrder(shardSizes, window, new Random(seed));
        expect([...order].sort((a, b) => a - b)).toEqual([...order.keys()]);
        expect(streamOrder(shardSizes, window, new Random(seed))).toEqual(order);
      }),
    );
  });

  it('reads a window of shards at a time', () => {
    const order = [...streamOrder([10, 10, 10, 10], 2, new Random(3))];
    const shards = (part: number[]) => new Set(part.map((clip) => Math.floor(clip / 10)));
    expect(shards(order.slice(0, 20)).size).toBe(2);
    expect(shards(order.slice(20)).size).toBe(2);
  });
});

describe('a mixture', () => {
  /** Two data sets; the first is three times as long. */
  function sources() {
    write(12);
    const large = TokenShards.open(folder, formats);
    folder = join(root, String(count++));
    write(4);
    return [
      { name: 'large', shards: large },
      { name: 'small', shards: TokenShards.open(folder, formats) },
    ];
  }

  it('draws data sets in proportion to their size, and each clip as often as the others of its set', () => {
    const mixture = new TokenMixture(sources(), 5);
    const seen = Array.from({ length: 6000 }, (_, position) => mixture.locate(position));
    const large = seen.filter(({ source }) => source === 0);
    expect(large.length / seen.length).toBeCloseTo(0.75, 1);
    for (const source of [0, 1]) {
      const indices = seen.filter((each) => each.source === source);
      const length = source === 0 ? 12 : 4;
      indices.forEach(({ visit }, i) => expect(visit).toBe(Math.floor(i / length)));
      const firstPass = indices.slice(0, length).map(({ index }) => index);
      expect(new Set(firstPass).size).toBe(length);
    }
  });

  it('stands at a position with the same clip, whatever was read before', () => {
    const all = sources();
    const whole = new TokenMixture(all, 5);
    const stream = Array.from({ length: 9000 }, (_, position) => whole.locate(position));
    const resumed = new TokenMixture(all, 5);
    for (const position of [8500, 8999, 3, 4096, 4095]) expect(resumed.locate(position)).toEqual(stream[position]);
    expect(resumed.read(4100)).toMatchObject({ visit: stream[4100].visit, key: all[stream[4100].source].shards.key(stream[4100].index) }); // prettier-ignore
    const other = new TokenMixture(all, 6);
    expect(Array.from({ length: 50 }, (_, i) => other.locate(i))).not.toEqual(stream.slice(0, 50));
  });

  it('takes weights of its own', () => {
    const [a, b] = sources();
    const mixture = new TokenMixture([{ ...a, weight: 0 }, { ...b, weight: 2 }], 1); // prettier-ignore
    expect(Array.from({ length: 20 }, (_, i) => mixture.locate(i).source)).toEqual(Array(20).fill(1));
  });
});

it('refuses a token that fits the codebook only when it is cut to 32 bits', () => {
  const bytes = npyBytes([2], BigInt64Array.of(1n, 2n ** 32n + 3n));
  expect(() => decodeTokens(bytes, 'a.npy', { vocabularySize: 256, shape: [2] }, 'a')).toThrow(/got 4294967299 at 1/);
});
