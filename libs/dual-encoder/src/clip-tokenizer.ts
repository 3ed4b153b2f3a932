import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, readTextFile, UserError } from '@egolab/foundation';
import { createTokenizer, loadTokenizer, type Tokenizer } from '@egolab/tokenizers';

const START = '<|startoftext|>';
const END = '<|endoftext|>';

/** CLIP's pieces of a text: special tokens, English contractions, words, single digits, other signs. */
const PIECES = `<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`;

/**
 * The tokenizer of a CLIP folder: `tokenizer.json`, or the `vocab.json` and `merges.txt` of older ones.
 * @throws UserError when neither is there, or a file is damaged
 */
export function loadClipTokenizer(folder: string): Tokenizer {
  const [vocabulary, merges] = ['vocab.json', 'merges.txt'].map((name) => join(folder, name));
  if (existsSync(join(folder, 'tokenizer.json')) || !existsSync(vocabulary) || !existsSync(merges))
    return loadTokenizer(folder);
  const vocab = readJsonFile(vocabulary) as Record<string, number>;
  const specials = [START, END].map((content) => {
    if (typeof vocab?.[content] === 'number') return { id: vocab[content], content, special: true };
    throw new UserError({
      what: `there is no ${content}`,
      where: vocabulary,
      mend: "expected the byte-pair vocabulary of a CLIPTokenizer: download the model's files again",
    });
  });
  const json = {
    added_tokens: specials.map((token) => ({
      ...token,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PIECES }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      unk_token: END,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      vocab,
      merges: mergesOf(readTextFile(merges), merges),
    },
  };
  return createTokenizer(json, { bos_token: START, eos_token: END, pad_token: END, unk_token: END }, folder);
}

/** A pair a line, after a line that says the version. */
function mergesOf(text: string, where: string): [string, string][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#version'));
  return lines.map((line) => {
    const pair = line.trim().split(' ');
    if (pair.length === 2) return [pair[0], pair[1]];
    throw new UserError({
      what: `expected two symbols a line, got "${line}"`,
      where,
      mend: 'the file may be cut: download it again',
    });
  });
}
