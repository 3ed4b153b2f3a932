import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { embedTokens, KeyValueCache, llama, logits, type ActiveLora } from '@egolab/language-model';
import { tf } from '@egolab/runtime';
import {
  IGNORE_INDEX,
  spliceVisualTokens,
  vtgLoss,
  type AnswerLikelihood,
  type Prompt,
  type VideoLlm,
} from '@egolab/video-llm';

/** Keys and values of the beginnings that several answers share. */
class PrefixCache extends KeyValueCache {
  readonly held: { keys: Tensor; values: Tensor }[] = [];

  override append(layer: number, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor } {
    return (this.held[layer] = super.append(layer, keys, values));
  }
}

/** What each answer reads: the beginning of its question, then itself; nothing is kept. */
class AnswerCache extends KeyValueCache {
  private readonly prefix: PrefixCache;
  private readonly owners: Tensor;

  constructor(prefix: PrefixCache, owners: Tensor) {
    super();
    this.prefix = prefix;
    this.owners = owners;
  }

  override get length(): number {
    return this.prefix.length;
  }

  override append(layer: number, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor } {
    const own = (shared: Tensor) => tf.gather(shared, this.owners, 0);
    const { keys: sharedKeys, values: sharedValues } = this.prefix.held[layer];
    return { keys: tf.concat([own(sharedKeys), keys], 1), values: tf.concat([own(sharedValues), values], 1) };
  }
}

/** An answer without the beginning that it shares with the others to its question. */
interface Rest extends Prompt {
  readonly question: number;
}

/**
 * Log-likelihoods of what is learned of every answer's prompt. What the prompts of a question begin with, the visual tokens among it, is
 * read once for all its answers; the values are those of `answerLogLikelihoods`, up to rounding.
 *
 * @param visualTokens of each question's clip, `[question, tokens, hiddenLLM]`
 * @param prompts per question one an answer, all with the placeholder before what is learned
 * @param sequencesAtATime answers read together
 */
export function sharedPrefixLikelihoods(
  model: VideoLlm,
  visualTokens: Tensor,
  prompts: readonly (readonly Prompt[])[],
  { sequencesAtATime, lora }: { sequencesAtATime: number; lora?: ActiveLora },
): AnswerLikelihood[][] {
  const lengths = prompts.map(sharedLength);
  const { languageModel: p, config } = model;
  const cache = new PrefixCache();
  const rest = prompts.flatMap((answers, question) =>
    answers.map(({ ids, labels }): Rest => ({
      question,
      ids: ids.slice(lengths[question]),
      labels: labels.slice(lengths[question]),
    })),
  );
  let last: Tensor | undefined;
  try {
    // positions that each beginning fills once its placeholder is expanded
    const filled = lengths.map((length) => length - 1 + visualTokens.shape[1]!);
    last = tf.tidy(() => {
      const beginnings = prompts.map(([{ ids, labels }], question) => ({
        ids: ids.slice(0, lengths[question]),
        labels: labels.slice(0, lengths[question]),
      }));
      const { embeddings, attentionMask } = spliceVisualTokens((ids) => embedTokens(p, ids), visualTokens, beginnings);
      const hidden = llama(p, config.languageModel, { embeddings, attentionMask, cache, lora });
      const [, longest, width] = hidden.shape;
      const ends = filled.map((end, question) => question * longest! + end - 1);
      return tf.gather(tf.reshape(hidden, [-1, width!]), tf.tensor1d(ends, 'int32'));
    });
    const found: AnswerLikelihood[] = [];
    for (let start = 0; start < rest.length; start += sequencesAtATime)
      found.push(...ofRest(model, cache, last, filled, rest.slice(start, start + sequencesAtATime), lora));
    return prompts.map(({ length }) => found.splice(0, length));
  } finally {
    last?.dispose();
    cache.dispose();
  }
}

/** Likelihoods of some answers, given the beginnings' keys, values and last hidden states `[question, hiddenLLM]`. */
function ofRest(
  { languageModel: p, config }: VideoLlm,
  prefix: PrefixCache,
  last: Tensor,
  filled: readonly number[],
  rest: readonly Rest[],
  lora: ActiveLora | undefined,
): AnswerLikelihood[] {
  const longest = Math.max(...rest.map(({ ids }) => ids.length));
  const positions = Array.from({ length: longest }, (_, i) => i);
  const padded = (values: readonly number[], filler: number) => positions.map((i) => values[i] ?? filler);
  const { sums, numTokens } = tf.tidy(() => {
    const ids = tf.tensor2d(
      rest.map((each) => padded(each.ids, 0)),
      undefined,
      'int32',
    );
    const owners = tf.tensor1d(
      rest.map(({ question }) => question),
      'int32',
    );
    const keys = Array.from({ length: prefix.length }, (_, i) => i);
    const attentionMask = tf.tensor2d(
      rest.map(({ question, ids: { length } }) => [
        ...keys.map((key) => key < filled[question]),
        ...positions.map((i) => i < length),
      ]),
      undefined,
      'bool',
    );
    const hidden = llama(p, config.languageModel, {
      embeddings: embedTokens(p, ids),
      attentionMask,
      positions: rest.map(({ question }) => positions.map((i) => filled[question] + i)),
      cache: new AnswerCache(prefix, owners),
      lora,
    });
    // the first token of an answer is predicted where its beginning ends
    const before = tf.expandDims(tf.gather(last, owners, 0), 1);
    const { logLikelihoods, numTokens } = vtgLoss(
      tf.concat([before, hidden], 1),
      rest.map(({ labels }) => [IGNORE_INDEX, ...padded(labels, IGNORE_INDEX)]),
      (rows) => logits(p, config.languageModel, rows),
    );
    return { sums: Array.from(logLikelihoods.dataSync<'float32'>()), numTokens };
  });
  return sums.map((logLikelihood, i) => ({ logLikelihood, numTokens: numTokens[i] }));
}

/** Ids that all prompts of a question begin with, up to the first that any of them learns. */
function sharedLength(prompts: readonly Prompt[]): number {
  const [first] = prompts;
  let length = Math.min(...prompts.map(({ labels }) => labels.findIndex((label) => label !== IGNORE_INDEX)));
  for (const { ids } of prompts) {
    let same = 0;
    while (same < length && ids[same] === first.ids[same]) same++;
    length = same;
  }
  if (!first.ids.slice(0, length).some((id) => id < 0))
    throw new Error('sharedPrefixLikelihoods: expected a placeholder before what is learned');
  return length;
}
