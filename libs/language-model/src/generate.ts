import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { Random, UserError } from '@egolab/foundation';
import type { Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { KeyValueCache } from './cache.ts';
import type { LlamaConfig } from './config.ts';
import { embedTokens, llama, logits } from './llama.ts';
import type { ActiveLora } from './lora.ts';
import { sampleToken } from './sampling.ts';

export interface GenerateOptions {
  maxNewTokens: number;
  /** 0 (default): greedy */
  temperature?: number;
  /** in (0, 1], default 1: no nucleus */
  topP?: number;
  /** of sampling; the same seed gives the same text (default 0) */
  seed?: number;
  /** generation stops after one of these */
  eosIds?: readonly number[];
  lora?: ActiveLora;
}

/**
 * Continue a prompt, token by token, with a key-value cache.
 *
 * @param prompt token ids, BOS included where the model wants one, or embeddings `[1, sequence, hidden]` (the caller's own)
 * @returns the new ids, the end token included where one came (as transformers' `generate`): decode them with `skipSpecialTokens`
 * @throws UserError for an empty prompt, one that leaves no room before `max_position_embeddings`, ids beyond the vocabulary, a negative temperature
 *   or a top-p outside (0, 1]
 */
export function generate(
  model: { config: LlamaConfig; parameters: Scope },
  prompt: readonly number[] | Tensor,
  options: GenerateOptions,
): { tokens: number[] } {
  const { config, parameters } = model;
  const { maxNewTokens, temperature = 0, topP = 1, seed = 0, eosIds = [], lora } = options;
  checkSampling(temperature, topP);
  if (Array.isArray(prompt)) checkIds(config, prompt);
  const promptLength = Array.isArray(prompt) ? prompt.length : (prompt as Tensor).shape[1]!;
  const room = checkLength(config, promptLength, maxNewTokens);
  const sampling = { temperature, topP, random: new Random(seed).split('sampling') };
  const cache = new KeyValueCache();
  const tokens: number[] = [];
  try {
    let next: readonly number[] | Tensor = prompt;
    while (tokens.length < room) {
      const token = sampleToken(lastScores(parameters, config, next, cache, lora), sampling);
      tokens.push(token);
      if (eosIds.includes(token)) break;
      next = [token];
    }
  } finally {
    cache.dispose();
  }
  return { tokens };
}

function checkSampling(temperature: number, topP: number): void {
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new UserError({
      what: `expected a temperature of 0 or more, got ${temperature}`,
      mend: 'use 0 for greedy decoding',
    });
  if (!(topP > 0 && topP <= 1))
    throw new UserError({
      what: `expected top-p above 0 and up to 1, got ${topP}`,
      mend: 'use 1 to draw from all tokens',
    });
}

/** Added tokens of a tokenizer may have no row in the embeddings. */
function checkIds({ vocab_size }: LlamaConfig, ids: readonly number[]): void {
  const beyond = ids.find((id) => id >= vocab_size);
  if (beyond === undefined) return;
  throw new UserError({
    what: `the prompt holds the token id ${beyond}; the model knows 0 to ${vocab_size - 1}`,
    mend: 'use the tokenizer that belongs to the model',
  });
}

function checkLength(
  { max_position_embeddings: limit }: LlamaConfig,
  promptLength: number,
  maxNewTokens: number,
): number {
  if (promptLength === 0)
    throw new UserError({ what: 'the prompt is empty', mend: 'give a prompt of at least one token' });
  if (promptLength >= limit) {
    throw new UserError({
      what: `the prompt has ${promptLength} tokens; the model reads at most ${limit}`,
      mend: 'shorten the prompt',
    });
  }
  return Math.min(maxNewTokens, limit - promptLength);
}

/** Scores of the token that follows, `[vocabulary]`; the head reads the last position alone. */
function lastScores(
  p: Scope,
  config: LlamaConfig,
  next: readonly number[] | Tensor,
  cache: KeyValueCache,
  lora: ActiveLora | undefined,
): Float32Array {
  const scores = tf.tidy(() => {
    const embeddings = Array.isArray(next)
      ? embedTokens(p, tf.tensor2d([next as number[]], [1, next.length], 'int32'))
      : (next as Tensor);
    const hidden = llama(p, config, {
      embeddings,
      cache,
      lora,
      attention: embeddings.shape[1] === 1 ? 'full' : 'chunked',
    });
    return logits(p, config, tf.slice(hidden, [0, hidden.shape[1]! - 1, 0], [1, 1, config.hidden_size]));
  });
  const values = scores.dataSync<'float32'>();
  scores.dispose();
  return values;
}
