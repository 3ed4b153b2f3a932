import { UserError } from '@egolab/foundation';
import type { GgufValue } from '@egolab/checkpoints';
import type { TokenizerConfig } from './tokenizer.ts';

/** llama.cpp's token types (llama_token_type of llama.h). */
const TokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

interface Vocabulary {
  tokens: string[];
  types: number[];
  scores: number[] | undefined;
  merges: string[] | undefined;
  preTokenizer: string | undefined;
  addBos: boolean;
  addEos: boolean;
  addSpacePrefix: boolean;
  bos: string | undefined;
  eos: string | undefined;
}

/**
 * The vocabulary of a GGUF file as the content of a `tokenizer.json` and `tokenizer_config.json`.
 *
 * Two kinds: `gpt2` (byte-level BPE with merges; pre-tokenisers smollm, gpt-2, llama-bpe) and `llama` (SentencePiece BPE
 * with byte fallback, as Llama 2 and Mistral have).
 *
 * @param metadata the file's metadata
 * @param source its path, for messages
 * @throws UserError for other kinds of vocabulary
 */
export function tokenizerFromGguf(
  metadata: ReadonlyMap<string, GgufValue>,
  source: string,
): { tokenizerJson: object; config: TokenizerConfig } {
  const model = metadata.get('tokenizer.ggml.model');
  if (model !== 'gpt2' && model !== 'llama') {
    throw new UserError({
      what: `expected a vocabulary of the kind "gpt2" or "llama", got ${JSON.stringify(model) ?? 'none'}`,
      where: source,
      mend: 'take another conversion of the model',
    });
  }
  const vocabulary = readVocabulary(metadata, model, source);
  const parts = model === 'gpt2' ? byteLevelParts(vocabulary, source) : sentencePieceParts(vocabulary, source);
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(vocabulary),
      post_processor: postProcessor(vocabulary),
      ...parts,
    },
    config: tokenizerConfig(metadata, vocabulary),
  };
}

function readVocabulary(metadata: ReadonlyMap<string, GgufValue>, model: 'gpt2' | 'llama', source: string): Vocabulary {
  const get = (key: string) => metadata.get(`tokenizer.ggml.${key}`);
  const tokens = get('tokens') as string[] | undefined;
  if (!tokens)
    throw new UserError({
      what: 'the file has no vocabulary (tokenizer.ggml.tokens)',
      where: source,
      mend: 'take a complete model file',
    });
  const preTokenizer = get('pre') as string | undefined;
  const token = (key: string) => tokens[get(key) as number] as string | undefined;
  return {
    tokens,
    types: (get('token_type') as number[] | undefined) ?? tokens.map(() => TokenType.normal),
    scores: get('scores') as number[] | undefined,
    merges: get('merges') as string[] | undefined,
    preTokenizer,
    // llama.cpp's defaults where the file says nothing
    addBos: (get('add_bos_token') as boolean | undefined) ?? (model === 'llama' || preTokenizer === 'llama-bpe'),
    addEos: (get('add_eos_token') as boolean | undefined) ?? false,
    addSpacePrefix: (get('add_space_prefix') as boolean | undefined) ?? true,
    bos: token('bos_token_id'),
    eos: token('eos_token_id'),
  };
}

/** GPT-2's word pattern is built into `ByteLevel`. */
const GPT2_WORDS = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const BYTES_ONLY = { ...GPT2_WORDS, use_regex: false };
const split = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});

/** By `tokenizer.ggml.pre`: llama.cpp's llm_tokenizer_bpe patterns. */
const PRE_TOKENIZERS: Readonly<Record<string, object>> = {
  'gpt-2': GPT2_WORDS,
  smollm: { type: 'Sequence', pretokenizers: [split('\\p{N}'), GPT2_WORDS] },
  'llama-bpe': {
    type: 'Sequence',
    pretokenizers: [
      split(
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      ),
      BYTES_ONLY,
    ],
  },
};

function byteLevelParts({ tokens, merges, preTokenizer = 'gpt-2' }: Vocabulary, source: string): object {
  if (!merges)
    throw new UserError({
      what: 'the vocabulary has no merges (tokenizer.ggml.merges)',
      where: source,
      mend: 'take a complete model file',
    });
  const words = PRE_TOKENIZERS[preTokenizer];
  if (!words) {
    throw new UserError({
      what: `the pre-tokeniser "${preTokenizer}" isn't known; known: ${Object.keys(PRE_TOKENIZERS).join(', ')}`,
      where: source,
      mend: 'use the model in Hugging Face format',
    });
  }
  return {
    normalizer: null,
    pre_tokenizer: words,
    decoder: BYTES_ONLY,
    model: {
      type: 'BPE',
      unk_token: null,
      byte_fallback: false,
      ignore_merges: preTokenizer === 'llama-bpe',
      vocab: vocabularyIds(tokens),
      merges: merges.map((pair) => splitMerge(pair)),
    },
  };
}

/** "Ġ t" -> ["Ġ", "t"]: a symbol may itself begin with a space, so the separator is the first one after it. */
function splitMerge(pair: string): [string, string] {
  const space = pair.indexOf(' ', 1);
  return [pair.slice(0, space), pair.slice(space + 1)];
}

/** SentencePiece: spaces become "▁", the text is one word, unknown characters fall back to their UTF-8 bytes. */
function sentencePieceParts(vocabulary: Vocabulary, source: string): object {
  const { tokens, types, scores, addSpacePrefix } = vocabulary;
  if (!scores)
    throw new UserError({
      what: 'the vocabulary has no scores (tokenizer.ggml.scores)',
      where: source,
      mend: 'take a complete model file',
    });
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const dropFirstSpace = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: addSpacePrefix ? [{ type: 'Prepend', prepend: '▁' }, spaces] : [spaces],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(addSpacePrefix ? [dropFirstSpace] : []),
      ],
    },
    model: {
      type: 'BPE',
      unk_token: tokens[types.indexOf(TokenType.unknown)] ?? null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabularyIds(tokens),
      merges: mergesFromScores(vocabulary, scores),
    },
  };
}

/**
 * SentencePiece joins the neighbouring pair whose result scores best: as a merge list, every split of every piece into
 * two pieces, by falling score, then by falling length of the left and of the right part.
 */
function mergesFromScores({ tokens, types }: Vocabulary, scores: number[]): [string, string][] {
  const ids = vocabularyIds(tokens);
  const merges: { pair: [string, string]; left: number; right: number; score: number }[] = [];
  tokens.forEach((piece, id) => {
    if (types[id] !== TokenType.normal && types[id] !== TokenType.userDefined) return;
    const characters = [...piece];
    for (let left = 1; left < characters.length; left++) {
      const pair: [string, string] = [characters.slice(0, left).join(''), characters.slice(left).join('')];
      if (ids[pair[0]] === undefined || ids[pair[1]] === undefined) continue;
      merges.push({ pair, left, right: characters.length - left, score: scores[id] });
    }
  });
  return merges.sort((a, b) => b.score - a.score || b.left - a.left || b.right - a.right).map(({ pair }) => pair);
}

function vocabularyIds(tokens: string[]): Record<string, number> {
  const ids = Object.create(null) as Record<string, number>; // "constructor" is a token like any other
  tokens.forEach((token, id) => (ids[token] = id));
  return ids;
}

function addedTokens({ tokens, types }: Vocabulary): object[] {
  return tokens.flatMap((content, id) => {
    const special = types[id] === TokenType.control || types[id] === TokenType.unknown;
    if (!special && types[id] !== TokenType.userDefined) return [];
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
}

function postProcessor({ tokens, bos, eos, addBos, addEos }: Vocabulary): object | null {
  const before = addBos && bos !== undefined ? [bos] : [];
  const after = addEos && eos !== undefined ? [eos] : [];
  if (before.length + after.length === 0) return null;
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = { Sequence: { id: 'A', type_id: 0 } };
  const template = [...before.map(special), sequence, ...after.map(special)];
  return {
    type: 'TemplateProcessing',
    single: template,
    pair: template,
    special_tokens: Object.fromEntries(
      [...before, ...after].map((token) => [token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }]),
    ),
  };
}

function tokenizerConfig(metadata: ReadonlyMap<string, GgufValue>, { tokens, bos, eos }: Vocabulary): TokenizerConfig {
  const token = (key: string) => tokens[metadata.get(`tokenizer.ggml.${key}`) as number] ?? null;
  return {
    bos_token: bos ?? null,
    eos_token: eos ?? null,
    pad_token: token('padding_token_id'),
    unk_token: token('unknown_token_id'),
    chat_template: (metadata.get('tokenizer.chat_template') as string | undefined) ?? null,
  };
}
