import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJsonFile } from '@egolab/foundation';
import { loadTokenizer } from '@egolab/tokenizers';
import { afterAll, describe, expect, it } from 'vitest';
import { loadClipTokenizer } from './clip-tokenizer.ts';
import { textIds } from './text-ids.ts';

const folder = fileURLToPath(new URL('fixtures/clip-folder', import.meta.url));
const { vocab, merges } = (
  readJsonFile(join(folder, 'tokenizer.json')) as { model: { vocab: object; merges: string[][] } }
).model;
const root = mkdtempSync(join(tmpdir(), 'egolab-clip-tokenizer-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function older(vocabulary: object, lines: string[]): string {
  const path = mkdtempSync(join(root, 'model-'));
  writeFileSync(join(path, 'vocab.json'), JSON.stringify(vocabulary));
  writeFileSync(join(path, 'merges.txt'), ['#version: 0.2', ...lines, ''].join('\n'));
  return path;
}

describe('the tokenizer of a CLIP folder', () => {
  const texts = ["#C C picks  the CUP, doesn't it?", 'naïve 123 café', '', 'THE\tknife'];

  it('is the same from vocab.json and merges.txt as from tokenizer.json', () => {
    const path = older(
      vocab,
      merges.map((pair) => pair.join(' ')),
    );
    const [old, whole] = [loadClipTokenizer(path), loadTokenizer(folder)];
    for (const text of texts)
      expect(old.encode(text, { addSpecialTokens: false }), text).toEqual(
        whole.encode(text, { addSpecialTokens: false }),
      );
    expect([old.bosId, old.eosId, old.vocabSize]).toEqual([520, 521, 522]);
  });

  it('cuts long texts before the end token', () => {
    const ids = textIds(loadClipTokenizer(folder), ['the knife', 'a b c d e f g'], { length: 5, padding: 'longest' });
    expect(ids.map((row) => [row[0], row.length])).toEqual([
      [520, 5],
      [520, 5],
    ]);
    expect(ids[1][4]).toBe(521);
    const padded = textIds(loadClipTokenizer(folder), [''], { length: 5, padding: 'length' });
    expect(padded).toEqual([[520, 521, 0, 0, 0]]);
  });

  it('names what is damaged', () => {
    expect(() => loadClipTokenizer(older({ a: 0 }, []))).toThrow(/vocab\.json: there is no <\|startoftext\|>/);
    expect(() => loadClipTokenizer(older(vocab, ['t h', 'cut']))).toThrow(/merges\.txt: expected two symbols a line/);
    expect(() => loadClipTokenizer(root)).toThrow(/tokenizer\.json/);
  });
});
