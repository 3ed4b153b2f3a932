import { generate, loadLanguageModel } from '@egolab/language-model';

export interface GenerateTextOptions {
  model: string;
  prompt: string;
  chat?: boolean;
  maxNewTokens: number;
  temperature: number;
  topP: number;
  seed: number;
}

export interface GeneratedText {
  text: string;
  /** the new ids */
  tokens: number[];
  /** ids before them, BOS and template included */
  promptTokens: number;
  tokensPerSecond: number;
}

/** Load a language model and continue one prompt. A chat template writes its own BOS, so none is added to it. */
export function generateText({
  model: path,
  prompt,
  chat,
  maxNewTokens,
  temperature,
  topP,
  seed,
}: GenerateTextOptions): GeneratedText {
  const model = loadLanguageModel(path);
  try {
    const { tokenizer, eosIds } = model;
    const ids = chat
      ? tokenizer.encode(
          tokenizer.applyChatTemplate([{ role: 'user', content: prompt }], { addGenerationPrompt: true }),
          { addSpecialTokens: false },
        )
      : tokenizer.encode(prompt);
    const started = performance.now();
    const { tokens } = generate(model, ids, { maxNewTokens, temperature, topP, seed, eosIds });
    const seconds = (performance.now() - started) / 1000;
    return {
      text: tokenizer.decode(tokens, { skipSpecialTokens: true }),
      tokens,
      promptTokens: ids.length,
      tokensPerSecond: tokens.length / seconds,
    };
  } finally {
    model.parameters.dispose();
  }
}
