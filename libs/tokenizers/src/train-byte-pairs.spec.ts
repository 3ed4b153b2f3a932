import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { trainBytePairs } from './train-byte-pairs.ts';

const corpus = ['C picks up the mug.', 'C picks up the bowl with his left hand.', "C doesn't open the box. 3 mugs?"];
const train = (vocabSize: number) => trainBytePairs(corpus, { vocabSize, specialTokens: ['<s>', '</s>'] });

describe('trainBytePairs', () => {
  it('gives a tokenizer that writes back what it read, also what it never saw', () => {
    const tokenizer = new Tokenizer(train(400), {});
    for (const text of [...corpus, 'naïve — 東京 🍵  two  spaces\n']) {
      expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
    }
  });

  it('makes a frequent word one token and keeps special tokens first', () => {
    const tokenizer = new Tokenizer(train(400), {});
    expect(tokenizer.encode(' picks').ids).toHaveLength(1);
    expect(tokenizer.encode('<s>').ids).toEqual([0]);
  });

  it('joins the most frequent pair first and is deterministic', () => {
    const { model } = trainBytePairs(['aab aab ab'], { vocabSize: 258, specialTokens: [] }) as {
      model: { merges: string[][] };
    };
    expect(model.merges[0]).toEqual(['a', 'b']);
    expect(train(400)).toEqual(train(400));
  });

  it('refuses a vocabulary that cannot hold the bytes', () => {
    expect(() => train(100)).toThrow('expected a vocabulary of at least 258 entries, got 100');
  });
});
