import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Answerer, Asked } from '@egolab/benchmarks';
import type { LoraAdapter } from '@egolab/language-model';
import { tf } from '@egolab/runtime';
import type { ClipRequest } from '@egolab/video';
import { generateAnswer, instructionPrompt, pretrainingPrompt, questionPrompt, type Prompt } from '@egolab/video-llm';
import type { Clips } from '../clips.ts';
import type { Exo2Ego } from '../model.ts';
import { sharedPrefixLikelihoods } from './shared-prefix.ts';

/** A trained model, and how it looks at clips. */
export interface AnsweringModel extends Pick<Exo2Ego, 'model' | 'language'> {
  readonly adapter: LoraAdapter | undefined;
  readonly clips: Pick<Clips, 'read' | 'prefetch'>;
  /** frames -> visual tokens `[batch, tokens, hiddenLLM]` */
  tokens(frames: readonly Uint8Array[]): Tensor;
}

export interface AnswererOptions {
  /** of a generated answer */
  readonly maxNewTokens: number;
  /** answers read together */
  readonly sequencesAtATime: number;
}

/** The model as EgoBench asks it: likelihoods of texts, or greedy text. */
export function modelAnswerer(
  { model, language, adapter, clips, tokens }: AnsweringModel,
  { maxNewTokens, sequencesAtATime }: AnswererOptions,
): Answerer {
  const { tokenizer, eosIds } = language;
  const lora = adapter && { adapter };
  const promptsOf = rememberLast(({ prompt, answers }: Pick<Asked, 'prompt' | 'answers'>): Prompt[] =>
    answers.map((answer) =>
      prompt === undefined
        ? pretrainingPrompt(tokenizer, answer)
        : instructionPrompt(tokenizer, [
            { role: 'user', content: prompt },
            { role: 'assistant', content: answer },
          ]),
    ),
  );
  /** Visual tokens of each clip; one that is there twice is encoded once. */
  const look = async (wanted: readonly ClipRequest[]): Promise<Tensor> => {
    const keys = wanted.map(({ media, start, end }) => JSON.stringify([media, start, end]));
    const distinct = [...new Set(keys)];
    const frames = await clips.read(distinct.map((key) => wanted[keys.indexOf(key)]));
    const places = keys.map((key) => distinct.indexOf(key));
    return tf.tidy(() => {
      const encoded = tokens(frames);
      return distinct.length === keys.length ? encoded : tf.gather(encoded, tf.tensor1d(places, 'int32'), 0);
    });
  };
  return {
    prefetch: (wanted) => clips.prefetch(wanted),
    async likelihoods(asked) {
      const visualTokens = await look(asked.map(({ clip }) => clip));
      try {
        return sharedPrefixLikelihoods(model, visualTokens, asked.map(promptsOf), { sequencesAtATime, lora });
      } finally {
        visualTokens.dispose();
      }
    },
    async generate(clip, prompt) {
      const visualTokens = await look([clip]);
      try {
        const question = questionPrompt(tokenizer, [{ role: 'user', content: prompt }]);
        const ids = generateAnswer(model, visualTokens, question, { maxNewTokens, eosIds, lora });
        return tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
      } finally {
        visualTokens.dispose();
      }
    },
  };
}

/** A list of classes is the same for every clip: its prompts are made once. */
function rememberLast<Key extends Pick<Asked, 'prompt' | 'answers'>, Value>(make: (key: Key) => Value) {
  let last: { key: Key; value: Value } | undefined;
  return (key: Key): Value => {
    if (last && last.key.prompt === key.prompt && last.key.answers === key.answers) return last.value;
    last = { key, value: make(key) };
    return last.value;
  };
}
