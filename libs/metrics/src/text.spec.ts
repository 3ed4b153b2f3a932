import { describe, expect, it } from 'vitest';
import { exactMatch, normalizedAnswer, rougeL } from './text.ts';

describe('rougeL', () => {
  // prediction, reference, fmeasure of RougeScorer(['rougeL'], use_stemmer=False) in rouge-score 0.1.2
  it.each([
    ['in the drawer', 'in the kitchen drawer', 0.8571428571428571],
    ['On the table.', 'on the table', 1],
    ['seven', '7', 0],
    ['I put it on the left of the sink', 'right of the sink', 0.46153846153846156],
    ['', 'yes', 0],
    ['a b c d e', 'e d c b a', 0.2],
    ["C's red cup, 2 plates", 'c s red cups and 2 plates', 0.7692307692307692],
    ['caf\u00e9 au lait', 'cafe au lait', 0.6666666666666666],
    ['the the the', 'the', 0.5],
    ['put the knife in the drawer under the stove', 'the knife is under the stove in a drawer', 0.5555555555555556],
  ])('%s | %s', (prediction, reference, expected) => {
    expect(rougeL(prediction, [reference])).toBeCloseTo(expected, 12);
    expect(rougeL(reference, [prediction])).toBeCloseTo(expected, 12);
  });

  it('takes the best of several references, and is 0 without any', () => {
    expect(rougeL('red cup', ['blue', 'the red cup', 'cup'])).toBeCloseTo(0.8, 12);
    expect(rougeL('red cup', [])).toBe(0);
  });
});

it('exactMatch looks past case, punctuation and spaces, not past words', () => {
  expect(exactMatch(' On the  table.', ['on the table'])).toBe(true);
  expect(exactMatch('table', ['on the table'])).toBe(false);
  expect(exactMatch('7', ['seven', '7'])).toBe(true);
  expect(normalizedAnswer('Sofa/Couch, \u00bd Cr\u00e8me!')).toBe('sofa couch 1 2 cr\u00e8me');
});
