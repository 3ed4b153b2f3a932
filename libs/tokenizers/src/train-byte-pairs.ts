/** The pre-tokeniser's pattern of GPT-2 (Radford et al. 2019): contractions, letters, digits, other signs, spaces. */
const GPT2_WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** GPT-2's printable stand-in for every byte: itself where it is printable, else a character from 256 on. */
const BYTE_CHARACTERS: string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
})();

/**
 * Train a byte-level byte-pair tokenizer (Sennrich et al. 2016, as in GPT-2): repeatedly join the most frequent pair
 * of neighbouring symbols inside words. Deterministic: of equally frequent pairs the first in code-unit order is joined.
 *
 * @param texts the corpus
 * @param options.vocabSize at most this many entries, special tokens and the 256 bytes included
 * @param options.specialTokens take the first ids, in this order
 * @returns the content of a `tokenizer.json`
 */
export function trainBytePairs(
  texts: Iterable<string>,
  options: { vocabSize: number; specialTokens: string[] },
): object {
  const { vocabSize, specialTokens } = options;
  const minimum = specialTokens.length + 256;
  if (vocabSize < minimum)
    throw new RangeError(`expected a vocabulary of at least ${minimum} entries, got ${vocabSize}`);
  const vocab = new Map<string, number>();
  for (const token of [...specialTokens, ...BYTE_CHARACTERS]) vocab.set(token, vocab.size);

  const words = countWords(texts);
  const merges: [string, string][] = [];
  while (vocab.size < vocabSize) {
    const pair = mostFrequentPair(words);
    if (!pair) break; // every word is one symbol
    merges.push(pair);
    if (!vocab.has(pair.join(''))) vocab.set(pair.join(''), vocab.size);
    for (const word of words) word.symbols = join(word.symbols, pair);
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}

interface Word {
  symbols: string[];
  count: number;
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(GPT2_WORDS)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => ({
    symbols: [...Buffer.from(word)].map((byte) => BYTE_CHARACTERS[byte]),
    count,
  }));
}

function mostFrequentPair(words: Word[]): [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 1; i < symbols.length; i++) {
      const key = `${symbols[i - 1]} ${symbols[i]}`; // no symbol holds a space: byte 32 has a stand-in
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  let best: string | undefined;
  for (const [key, count] of counts) {
    const bestCount = best === undefined ? 0 : counts.get(best)!;
    if (count > bestCount || (count === bestCount && key < best!)) best = key;
  }
  return best?.split(' ') as [string, string] | undefined;
}

function join(symbols: string[], [left, right]: [string, string]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      joined.push(left + right);
      i++;
    } else joined.push(symbols[i]);
  }
  return joined;
}
