import { UserError } from '@egolab/foundation';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { type ChatMessage, renderChatTemplate } from './chat-template.ts';

/** Text to token ids and back. */
export interface Tokenizer {
  /** Token ids. With `addSpecialTokens` (default true, as in transformers) those of the post-processor, such as BOS or [CLS]. */
  encode(text: string, options?: { addSpecialTokens?: boolean }): number[];
  /** The text; special tokens are written out unless `skipSpecialTokens`. */
  decode(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  /** The model's chat template filled in. It holds the BOS where one belongs: encode it with `addSpecialTokens: false`. */
  applyChatTemplate(messages: readonly ChatMessage[], options?: { addGenerationPrompt?: boolean }): string;
  tokenId(token: string): number | undefined;
  /** ids run from 0 to vocabSize - 1 */
  readonly vocabSize: number;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  readonly unkId: number | undefined;
}

/** The parts of `tokenizer_config.json` that are looked at here; the library reads more. */
export interface TokenizerConfig {
  bos_token?: SpecialToken;
  eos_token?: SpecialToken;
  pad_token?: SpecialToken;
  unk_token?: SpecialToken;
  chat_template?: string | { name: string; template: string }[] | null;
  clean_up_tokenization_spaces?: boolean;
  [key: string]: unknown;
}

type SpecialToken = string | { content: string } | null;

/**
 * A tokenizer from the content of a `tokenizer.json` and a `tokenizer_config.json`.
 *
 * @param source the file or folder, for messages
 * @throws UserError when a component is one that the tokenizers library doesn't have
 */
export function createTokenizer(tokenizerJson: object, config: TokenizerConfig, source: string): Tokenizer {
  const tokenizer = build(tokenizerJson, config, source);
  let vocabSize = 0;
  for (const token of tokenizer.get_vocab().values()) vocabSize = Math.max(vocabSize, token + 1);
  const special = {
    bos_token: content(config.bos_token),
    eos_token: content(config.eos_token),
    pad_token: content(config.pad_token),
    unk_token: content(config.unk_token),
  };
  const id = (token: string | undefined) => (token === undefined ? undefined : tokenizer.token_to_id(token));
  return {
    encode: (text, { addSpecialTokens = true } = {}) =>
      tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids,
    decode: (ids, { skipSpecialTokens = false } = {}) => {
      const beyond = ids.find((token) => !(token >= 0 && token < vocabSize));
      if (beyond !== undefined) throw new RangeError(`token id ${beyond}: expected 0 to ${vocabSize - 1}`);
      return ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: skipSpecialTokens });
    },
    applyChatTemplate: (messages, { addGenerationPrompt = true } = {}) =>
      renderChatTemplate(
        defaultTemplate(config),
        { ...special, messages, add_generation_prompt: addGenerationPrompt },
        source,
      ),
    tokenId: (token) => tokenizer.token_to_id(token),
    vocabSize,
    bosId: id(special.bos_token),
    eosId: id(special.eos_token),
    padId: id(special.pad_token),
    unkId: id(special.unk_token),
  };
}

/** The same tokenizer with another chat template (Jinja, given the same variables) in place of its own. */
export function withChatTemplate(tokenizer: Tokenizer, template: string): Tokenizer {
  const text = (id: number | undefined) => (id === undefined ? undefined : tokenizer.decode([id]));
  const special = {
    bos_token: text(tokenizer.bosId),
    eos_token: text(tokenizer.eosId),
    pad_token: text(tokenizer.padId),
    unk_token: text(tokenizer.unkId),
  };
  return {
    ...tokenizer,
    applyChatTemplate: (messages, { addGenerationPrompt = true } = {}) =>
      renderChatTemplate(
        template,
        { ...special, messages, add_generation_prompt: addGenerationPrompt },
        'chat template',
      ),
  };
}

function build(tokenizerJson: object, config: TokenizerConfig, source: string): HuggingFaceTokenizer {
  // transformers 5 no longer tidies spaces unless the model asks for it; the library's default is to do so
  const settings = { ...config, clean_up_tokenization_spaces: config.clean_up_tokenization_spaces ?? false };
  try {
    return new HuggingFaceTokenizer(withAllDigits(tokenizerJson) as object, settings);
  } catch (error) {
    throw new UserError({
      what: `the tokenizer can't be built: ${(error as Error).message}`,
      where: source,
      mend: 'check tokenizer.json',
      cause: error,
    });
  }
}

/**
 * The reference implementation's `Digits` splits every numeric character (`char::is_numeric`, so "½" and "٣" too),
 * the JavaScript library's only 0 to 9: say it as a `Split`, which both read alike.
 */
function withAllDigits(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withAllDigits);
  if (typeof part !== 'object' || part === null) return part;
  const { type, individual_digits } = part as { type?: string; individual_digits?: boolean };
  if (type === 'Digits')
    return {
      type: 'Split',
      pattern: { Regex: individual_digits ? '\\p{N}' : '\\p{N}+' },
      behavior: 'Isolated',
      invert: false,
    };
  const { pre_tokenizer, pretokenizers } = part as { pre_tokenizer?: unknown; pretokenizers?: unknown };
  if (pre_tokenizer) return { ...part, pre_tokenizer: withAllDigits(pre_tokenizer) };
  return pretokenizers ? { ...part, pretokenizers: withAllDigits(pretokenizers) } : part;
}

function content(token: SpecialToken | undefined): string | undefined {
  return typeof token === 'string' ? token : (token?.content ?? undefined);
}

function defaultTemplate({ chat_template }: TokenizerConfig): string | undefined {
  if (!Array.isArray(chat_template)) return chat_template ?? undefined;
  return chat_template.find(({ name }) => name === 'default')?.template;
}
