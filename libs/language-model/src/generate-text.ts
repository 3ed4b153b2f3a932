import type { ChatMessage, Tokenizer } from '@egolab/tokenizers';
import { generate } from './generate.ts';
import { loadLanguageModel } from './load.ts';

export interface GenerateTextOptions {
  /** a folder in Hugging Face format, or a `.gguf` file */
  model: string;
  prompt: string;
  /** apply the model's own chat template to the prompt as a user's message */
  chat?: boolean;
  /** default 128 */
  maxNewTokens?: number;
  /** 0 (default): greedy */
  temperature?: number;
  topP?: number;
  seed?: number;
}

export interface GeneratedText {
  text: string;
  /** the new ids */
  tokens: number[];
  /** how many ids came before them, BOS and template included */
  promptTokens: number;
  /** new tokens a second, reading the prompt included, loading the model not */
  tokensPerSecond: number;
}

/**
 * Continue a text with a language model (`egolab generate`).
 *
 * @throws UserError for a model that can't be loaded, an empty prompt, one that is too long, or a chat with a model without template
 */
export function generateText(options: GenerateTextOptions): GeneratedText {
  const { prompt, chat = false, maxNewTokens = 128, temperature, topP, seed } = options;
  const model = loadLanguageModel(options.model);
  try {
    const promptIds = chat
      ? chatIds(model.tokenizer, [{ role: 'user', content: prompt }])
      : model.tokenizer.encode(prompt);
    const start = performance.now();
    const { tokens } = generate(model, promptIds, { maxNewTokens, temperature, topP, seed, eosIds: model.eosIds });
    const seconds = (performance.now() - start) / 1000;
    const text = model.tokenizer.decode(tokens, { skipSpecialTokens: true });
    return { text, tokens, promptTokens: promptIds.length, tokensPerSecond: tokens.length / seconds };
  } finally {
    model.parameters.dispose();
  }
}

/** The ids of a chat up to the assistant's turn. The template writes the BOS where the model wants one: none is added. */
export function chatIds(tokenizer: Tokenizer, messages: readonly ChatMessage[]): number[] {
  return tokenizer.encode(tokenizer.applyChatTemplate(messages), { addSpecialTokens: false });
}
