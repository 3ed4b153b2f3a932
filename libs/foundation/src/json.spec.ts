import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonProblem, readJsonFile } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-json-'));
function file(content: string | Uint8Array): string {
  const path = join(folder, 'x.json');
  writeFileSync(path, content);
  return path;
}

describe('jsonProblem', () => {
  it('finds nothing where JSON.parse finds nothing', () => {
    const texts = [
      '{"a": [1, -0.5e+3, {"b": null}], "c": "\\u00e9\\"\\n", "d": {}, "e": []}\r\n',
      '[]',
      ' "x" ',
      '3',
      '{"a": {"b": 1}, "b": 1}',
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    ];
    for (const text of texts) expect(jsonProblem(text)).toBeUndefined();
  });

  it.each([
    ['{"a": 1, "b": {"c": 2, "c": 3}}', 'b.c', 'the key is there twice'],
    ['{"a": 1, "\\u0061": 2}', 'a', 'the key is there twice'],
    ['{"q7": [0.5, NaN]}', 'q7.1', 'NaN is not a number in JSON'],
    ['[1, -Infinity]', '1', '-Infinity is not a number in JSON'],
    ['{"a": [1, 2', 'a.1', 'the text ends early (expected "," or "]")'],
    ['{"a": "hal', 'a', 'expected a value'],
    ['', '', 'the text ends early (expected a value)'],
    ['{"a": 1,}', 'a', 'expected a key in double quotes'],
    ["{'a': 1}", '', 'expected a key in double quotes'],
    ['{"a" 1}', 'a', 'expected ":"'],
    ['[01]', '0', 'expected a value'],
    ['{} {}', '', 'text after the end'],
  ])('%s', (text, path, what) => {
    expect(jsonProblem(text)).toMatchObject({ path, what, line: 1 });
  });

  it('counts lines', () => {
    expect(jsonProblem('{\n"a": 1,\r\n"b": nan}')).toMatchObject({ path: 'b', line: 3 });
  });
});

describe('readJsonFile', () => {
  it('says where a text stops being JSON, and of which encoding it is not', () => {
    expect(() => readJsonFile(file('{"a": {"b": NaN}}'))).toThrow(
      /x\.json: not valid JSON: at a\.b, line 1: NaN is not/,
    );
    expect(() => readJsonFile(file(Buffer.from('{"a":\n"caf\u00e9"}', 'latin1')))).toThrow(
      /not UTF-8 text: line 2 holds bytes of another encoding/,
    );
    expect(() => readJsonFile(folder)).toThrow(/expected a file, got a folder/);
    expect(readJsonFile(file('\ufeff{"a":\r\n"caf\u00e9"}\r\n'))).toEqual({ a: 'caf\u00e9' });
  });

  it('refuses a key that is there twice where ids are keys', () => {
    const path = file('{"q1": 0, "q2": 1, "q1": 2}');
    expect(readJsonFile(path)).toEqual({ q1: 2, q2: 1 });
    expect(() => readJsonFile(path, undefined, { uniqueKeys: true })).toThrow(
      /x\.json: at q1, line 1: the key is there twice\n {2}keep one of the two/,
    );
  });
});
