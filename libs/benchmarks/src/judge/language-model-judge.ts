import { basename } from 'node:path';
import type { Judge } from './judge.ts';

/** Tokens of a mark: `{"pred": "yes", "score": 5}` and some words around it. */
const maxNewTokens = 48;

/**
 * A judge of our own: a chat model in Hugging Face format or a GGUF file, greedy. A small one marks badly: read its replies.
 * @throws UserError when the model can't be loaded or has no chat template
 */
export async function languageModelJudge(path: string): Promise<Judge & { dispose(): void }> {
  const { chatIds, generate, loadLanguageModel } = await import('@egolab/language-model'); // TensorFlow only where a judge needs it
  const model = loadLanguageModel(path);
  return {
    name: basename(path),
    ask(prompt) {
      const ids = chatIds(model.tokenizer, [{ role: 'user', content: prompt }]);
      const { tokens } = generate(model, ids, { maxNewTokens, eosIds: model.eosIds });
      return Promise.resolve(model.tokenizer.decode(tokens, { skipSpecialTokens: true }));
    },
    dispose: () => model.parameters.dispose(),
  };
}
