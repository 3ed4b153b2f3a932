import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Answerer } from '@egolab/benchmarks';
import type { LoraAdapter } from '@egolab/language-model';
import { tf } from '@egolab/runtime';
import type { ClipRequest } from '@egolab/video';
import { answerLogLikelihoods, generateAnswer, questionPrompt } from '@egolab/video-llm';
import type { Exo2Ego } from '../model.ts';

/** A trained model, and how it looks at clips. */
export interface AnsweringModel extends Pick<Exo2Ego, 'model' | 'language'> {
  readonly adapter: LoraAdapter | undefined;
  /** uint8 frames of clips, through the decode cache */
  read(clips: readonly ClipRequest[]): Promise<Uint8Array[]>;
  /** frames -> visual tokens `[batch, tokens, hiddenLLM]` */
  tokens(frames: readonly Uint8Array[]): Tensor;
}

/** The model as EgoBench asks it: likelihoods of options, or greedy text. */
export function modelAnswerer(
  { model, language, adapter, read, tokens }: AnsweringModel,
  maxNewTokens: number,
): Answerer {
  const lora = adapter && { adapter };
  const ahead = new Map<string, Promise<Uint8Array[]>>();
  const key = (clip: ClipRequest) => JSON.stringify([clip.media, clip.start, clip.end]);
  const framesOf = (clip: ClipRequest) => {
    const begun = ahead.get(key(clip)) ?? read([clip]);
    ahead.delete(key(clip));
    return begun;
  };
  const look = async <T>(clip: ClipRequest, answer: (visualTokens: Tensor) => T): Promise<T> => {
    const frames = await framesOf(clip);
    const visualTokens = tf.tidy(() => tokens(frames));
    try {
      return answer(visualTokens);
    } finally {
      visualTokens.dispose();
    }
  };
  return {
    prefetch(clips) {
      for (const clip of clips) {
        if (ahead.has(key(clip))) continue;
        const frames = read([clip]);
        frames.catch(() => undefined); // a failure shows when the question is asked
        ahead.set(key(clip), frames);
      }
    },
    likelihoods: (clip, prompt, answers) =>
      look(clip, (visualTokens) =>
        answerLogLikelihoods(model, language.tokenizer, visualTokens, [{ role: 'user', content: prompt }], answers, {
          lora,
        }),
      ),
    generate: (clip, prompt) =>
      look(clip, (visualTokens) => {
        const ids = generateAnswer(
          model,
          visualTokens,
          questionPrompt(language.tokenizer, [{ role: 'user', content: prompt }]),
          { maxNewTokens, eosIds: language.eosIds, lora },
        );
        return language.tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
      }),
  };
}
