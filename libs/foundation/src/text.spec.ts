import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readTextFile, readTextLines, readTextPieces } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-text-'));
function file(content: string | Uint8Array): string {
  const path = join(folder, 'x.txt');
  writeFileSync(path, content);
  return path;
}

it('reads text as it is, but for a byte order mark', () => {
  expect(readTextFile(file('\ufeffa\r\nb\ufeff'))).toBe('a\r\nb\ufeff');
});

it.each([1, 2, 3, 5, 1000])('reads the same text in pieces of %d bytes', (bytes) => {
  const path = file('\ufeffé1\r\n\n\u{1f600}2\r\n3');
  expect([...readTextPieces(path, bytes)].join('')).toBe(readTextFile(path));
});

it('reads lines, whatever ends them', () => {
  expect([...readTextLines(file('\ufeffa\r\n\nb\n'))]).toEqual(['a', '', 'b', '']);
});

it.each([1, 2, 3, 5, 1000])('names the line that is not UTF-8, in pieces of %d bytes', (bytes) => {
  const path = file(Buffer.from('ab\ncd\ncaf\xe9\nef', 'latin1'));
  const said = /x\.txt: not UTF-8 text: line 3 holds bytes of another encoding/;
  expect(() => readTextFile(path)).toThrow(said);
  expect(() => [...readTextPieces(path, bytes)]).toThrow(said);
  expect(() => [...readTextPieces(file(Buffer.from('é').subarray(0, 1)), bytes)]).toThrow(/line 1/); // cut
});

it('says what is not there, or a folder', () => {
  for (const read of [readTextFile, (path: string) => [...readTextLines(path)]]) {
    expect(() => read(join(folder, 'none'))).toThrow(/there is no such file/);
    expect(() => read(folder)).toThrow(/expected a file, got a folder/);
  }
});
