import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { embedTokens, generate, llama, logits } from '@egolab/language-model';
import type { GenerateOptions, LlamaInputs } from '@egolab/language-model';
import { tf } from '@egolab/runtime';
import type { ChatMessage, Tokenizer } from '@egolab/tokenizers';
import type { VideoLlm } from './model.ts';
import { instructionPrompt } from './prompt/prompt.ts';
import type { Prompt } from './prompt/prompt.ts';
import { spliceVisualTokens } from './prompt/splice.ts';
import { vtgLoss } from './vtg-loss.ts';
import type { VtgLoss } from './vtg-loss.ts';

export type LanguageOptions = Pick<LlamaInputs, 'lora' | 'gradientCheckpointing' | 'attention'> & {
  /** text tokens kept of a prompt, before its placeholder is expanded */
  maxTextTokens?: number;
};

/**
 * Vision-grounded text generation: the language model on prompts whose placeholder is each clip's visual tokens.
 *
 * @param visualTokens `[batch, tokens, hiddenLLM]`
 * @param prompts one a clip
 */
export function textGeneration(
  model: VideoLlm,
  visualTokens: Tensor,
  prompts: readonly Prompt[],
  options: LanguageOptions = {},
): VtgLoss {
  const { maxTextTokens, ...llamaOptions } = options;
  const { languageModel: p, config } = model;
  const { embeddings, attentionMask, labels } = spliceVisualTokens(
    (ids) => embedTokens(p, ids),
    visualTokens,
    prompts,
    { maxTextTokens },
  );
  const hidden = llama(p, config.languageModel, { embeddings, attentionMask, ...llamaOptions });
  return vtgLoss(hidden, labels, (rows) => logits(p, config.languageModel, rows));
}

/** How likely one answer is, as a whole and per token. */
export interface AnswerLikelihood {
  /** nats, summed over the answer's tokens and the end of its turn */
  logLikelihood: number;
  numTokens: number;
}

/**
 * Log-likelihood of every candidate answer to a question about one clip; multiple choice takes the likeliest
 * (EgoPlan's official scoring). The answers run as one batch.
 *
 * @param visualTokens of the clip, `[1, tokens, hiddenLLM]`
 * @param question the conversation before the answer
 */
export function answerLogLikelihoods(
  model: VideoLlm,
  tokenizer: Tokenizer,
  visualTokens: Tensor,
  question: readonly ChatMessage[],
  answers: readonly string[],
  options: LanguageOptions = {},
): AnswerLikelihood[] {
  const prompts = answers.map((content) => instructionPrompt(tokenizer, [...question, { role: 'assistant', content }]));
  return promptLogLikelihoods(model, visualTokens, prompts, options);
}

/**
 * Log-likelihood of what each prompt marks as learned, all about the same clip: captions in the pretraining format, for instance.
 *
 * @param visualTokens of the clip, `[1, tokens, hiddenLLM]`
 */
export function promptLogLikelihoods(
  model: VideoLlm,
  visualTokens: Tensor,
  prompts: readonly Prompt[],
  options: LanguageOptions = {},
): AnswerLikelihood[] {
  const { sums, numTokens } = tf.tidy(() => {
    const repeated = tf.tile(visualTokens, [prompts.length, 1, 1]);
    const { logLikelihoods, numTokens } = textGeneration(model, repeated, prompts, options);
    return { sums: Array.from(logLikelihoods.dataSync<'float32'>()), numTokens };
  });
  return sums.map((logLikelihood, i) => ({ logLikelihood, numTokens: numTokens[i] }));
}

/**
 * Answer in the model's own words.
 *
 * @param visualTokens of the clip, `[1, tokens, hiddenLLM]`
 * @param prompt as `questionPrompt` makes it
 * @returns token ids, without the end token
 */
export function generateAnswer(
  model: VideoLlm,
  visualTokens: Tensor,
  prompt: Prompt,
  options: GenerateOptions,
): number[] {
  const embeddings = tf.tidy(
    () => spliceVisualTokens((ids) => embedTokens(model.languageModel, ids), visualTokens, [prompt]).embeddings,
  );
  try {
    return generate({ config: model.config.languageModel, parameters: model.languageModel }, embeddings, options)
      .tokens;
  } finally {
    embeddings.dispose();
  }
}
