import { expect, it } from 'vitest';
import { integer, number, positive } from './values.ts';

it('reads numbers in a range', () => {
  expect([number(0, 1)('0.5'), integer(1)('3'), positive('1e-3')]).toEqual([0.5, 3, 0.001]);
});

it.each([
  [number(0), ['-1', '', ' ', 'x', 'NaN', 'Infinity'], /expected a number of at least 0/],
  [number(0, 1), ['1.5'], /expected a number from 0 to 1/],
  [integer(1, 5), ['0', '6', '1.5', '', 'Infinity'], /expected a whole number from 1 to 5/],
  [positive, ['0', '-0'], /expected a number above 0/],
])('refuses others', (parse, texts, message) => {
  for (const text of texts) expect(() => parse(text), text).toThrow(message);
});
