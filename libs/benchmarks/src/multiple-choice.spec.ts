import { expect, it } from 'vitest';
import { scoreChoices, type ChoiceItem } from './index.ts';

const items: ChoiceItem[] = [
  { id: 'a', group: 'inter', numOptions: 5, answer: 2 },
  { id: 'b', group: 'inter', numOptions: 5, answer: 0 },
  { id: 'c', group: 'intra', numOptions: 4, answer: 3 },
];

it('scores every group with its chance level, from indices and from scores', () => {
  const scores = scoreChoices(items, { a: [0, 0.1, 0.9, 0.2, 0.3], b: 4, c: 3 });
  expect(scores['inter']).toMatchObject({ accuracy: 50, chance: 20, n: 2 });
  expect(scores['intra']).toMatchObject({ accuracy: 100, chance: 25, n: 1 });
});

it('names what is wrong with the predictions', () => {
  const right = { a: 2, b: 0, c: 3 };
  expect(() => scoreChoices(items, { a: 2, b: 0 })).toThrow('1 of 3 questions have no prediction, first "c"');
  expect(() => scoreChoices(items, { ...right, d: 1 })).toThrow('unknown question id "d"');
  expect(() => scoreChoices(items, { ...right, a: 5 })).toThrow('expected an option index 0 to 4, got 5');
  expect(() => scoreChoices(items, { ...right, a: [1, 2] })).toThrow('expected 5 scores, got 2');
  expect(() => scoreChoices(items, { ...right, a: [1, 2, NaN, 4, 5] })).toThrow('a score is NaN');
});
