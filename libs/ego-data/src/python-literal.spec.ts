import { expect, it } from 'vitest';
import { parsePythonLiteral } from './index.ts';

it.each([
  ['[93]', [93]],
  ['[192, 115, 12]', [192, 115, 12]],
  ['[]', []],
  [`['a man\\'s hat', "it's", 'x\\ny', '\\u00e9']`, ["a man's hat", "it's", 'x\ny', 'é']],
  [`[['0:00:16.300', '0:00:32.566'], ('a',)]`, [['0:00:16.300', '0:00:32.566'], ['a']]],
  ['[0.45, -1e-3, True, None]', [0.45, -0.001, true, null]],
])('reads %s', (text, value) => {
  expect(parsePythonLiteral(text)).toEqual(value);
});

it.each(['[1, 2', "['a", '[1 2]', '__import__("os")', '[1] [2]', ''])('refuses %s', (text) => {
  expect(() => parsePythonLiteral(text)).toThrow(/expected/);
});
