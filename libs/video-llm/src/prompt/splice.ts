import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { embedding } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { IGNORE_INDEX } from './prompt.ts';
import type { Prompt } from './prompt.ts';

export interface SplicedBatch {
  /** `[batch, sequence, hiddenLLM]`, zeros where padded (on the right) */
  embeddings: Tensor;
  /** bool `[batch, sequence]`, false at padding; undefined when nothing is padded */
  attentionMask: Tensor | undefined;
  /** `[batch][sequence]`, IGNORE_INDEX at visual tokens and padding */
  labels: number[][];
}

/** Rows of the joint table that `spliceVisualTokens` gathers from: text tokens first, then visual ones, then the zero row. */
interface Row {
  source: number;
  label: number;
}

/**
 * Put each clip's visual tokens in place of its prompt's placeholder, and pad the batch on the right.
 * A prompt is cut to `maxTextTokens` before the placeholder is expanded, so that visual tokens are never cut
 * (VideoLLaMA2's `model_max_length` works so); a prompt without a placeholder stays text.
 *
 * @param embed the language model's token embedding: ids `[n]` -> `[n, hiddenLLM]`
 * @param visualTokens `[batch, tokens, hiddenLLM]`
 * @param prompts one a clip
 */
export function spliceVisualTokens(
  embed: (ids: Tensor) => Tensor,
  visualTokens: Tensor,
  prompts: readonly Prompt[],
  { maxTextTokens = Infinity }: { maxTextTokens?: number } = {},
): SplicedBatch {
  const [batch, numVisual, hidden] = visualTokens.shape;
  if (prompts.length !== batch)
    throw new Error(`spliceVisualTokens: expected one prompt for each of ${batch} clips, got ${prompts.length}`);
  const texts = prompts.map((prompt) => truncate(prompt, maxTextTokens));
  const textIds = texts.flatMap(({ ids }) => ids.filter((id) => id >= 0));
  const sequences = layOut(texts, textIds.length, numVisual!);
  const longest = Math.max(...sequences.map((rows) => rows.length));
  const zeroRow = textIds.length + batch * numVisual!;
  const padded = sequences.map((rows) => [
    ...rows,
    ...Array.from({ length: longest - rows.length }, (): Row => ({ source: zeroRow, label: IGNORE_INDEX })),
  ]);

  const table = tf.concat(
    [embed(tf.tensor1d(textIds, 'int32')), tf.reshape(visualTokens, [-1, hidden!]), tf.zeros([1, hidden!])],
    0,
  );
  const sources = tf.tensor2d(
    padded.map((rows) => rows.map(({ source }) => source)),
    [batch, longest],
    'int32',
  );
  return {
    embeddings: embedding(table, sources),
    attentionMask: sequences.some((rows) => rows.length < longest)
      ? tf.tensor2d(
          padded.map((rows) => rows.map(({ source }) => source !== zeroRow)),
          [batch, longest],
          'bool',
        )
      : undefined,
    labels: padded.map((rows) => rows.map(({ label }) => label)),
  };
}

function truncate({ ids, labels }: Prompt, length: number): Prompt {
  if (ids.filter((id) => id < 0).length > 1)
    throw new Error('spliceVisualTokens: expected at most one <video> or <image> in a prompt, got more');
  return { ids: ids.slice(0, length), labels: labels.slice(0, length) };
}

/** Where every position of every sequence is found in the joint table. */
function layOut(texts: Prompt[], numText: number, numVisual: number): Row[][] {
  let nextText = 0;
  return texts.map(({ ids, labels }, clip) =>
    ids.flatMap((id, i): Row[] => {
      if (id >= 0) return [{ source: nextText++, label: labels[i] }];
      return Array.from({ length: numVisual }, (_, token) => ({
        source: numText + clip * numVisual + token,
        label: IGNORE_INDEX,
      }));
    }),
  );
}
