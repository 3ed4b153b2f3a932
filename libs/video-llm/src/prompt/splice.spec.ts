import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import { embedding, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { vtgLoss } from '../vtg-loss.ts';
import { spliceVisualTokens } from './splice.ts';

const table = tf.tensor2d(Array.from({ length: 6 }, (_, id) => [id, 10 * id]));
const embed = (ids: Tensor) => embedding(table, ids);
const visual = tf.tensor3d([[[-1, -1], [-2, -2]], [[-3, -3], [-4, -4]]]); // prettier-ignore
const prompts = [
  { ids: [1, -201, 2, 3], labels: [-100, -100, 2, 3] },
  { ids: [-201, 5], labels: [-100, 5] },
];

describe('spliceVisualTokens', () => {
  it('puts visual tokens in place of the placeholder, pads on the right, and labels neither', () => {
    const { embeddings, attentionMask, labels } = spliceVisualTokens(embed, visual, prompts);
    expect(embeddings.arraySync()).toEqual([
      [[1, 10], [-1, -1], [-2, -2], [2, 20], [3, 30]],
      [[-3, -3], [-4, -4], [5, 50], [0, 0], [0, 0]],
    ]); // prettier-ignore
    expect(attentionMask!.arraySync()).toEqual([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]); // prettier-ignore
    expect(labels).toEqual([[-100, -100, -100, 2, 3], [-100, -100, 5, -100, -100]]); // prettier-ignore
  });

  it('needs no mask where nothing is padded, and leaves a prompt without placeholder as text', () => {
    const { embeddings, attentionMask } = spliceVisualTokens(embed, visual, [
      prompts[1],
      { ids: [1, 2, 3], labels: [1, 2, 3] },
    ]);
    expect(attentionMask).toBeUndefined();
    expect((embeddings.arraySync() as number[][][])[1]).toEqual([[1, 10], [2, 20], [3, 30]]); // prettier-ignore
  });

  it('truncates the text before it expands the placeholder', () => {
    const { labels } = spliceVisualTokens(embed, visual, prompts, { maxTextTokens: 3 });
    expect(labels[0]).toEqual([-100, -100, -100, 2]);
  });

  it('refuses two placeholders in a prompt, and another number of prompts than clips', () => {
    const twice = { ids: [-201, 1, -201], labels: [-100, 1, -100] };
    expect(() => spliceVisualTokens(embed, visual, [twice, prompts[1]])).toThrow(/at most one <video>/);
    expect(() => spliceVisualTokens(embed, visual, [prompts[0]])).toThrow(/each of 2 clips, got 1/);
  });

  it('sends the gradient of every position to its visual token', () => {
    const tokens = tf.variable(visual);
    const { grads } = valueAndGrads(
      () => tf.sum(tf.mul(spliceVisualTokens(embed, tokens, prompts).embeddings, tf.range(0, 20).reshape([2, 5, 2]))),
      [tokens],
    );
    expect(grads.get(tokens.name)!.arraySync()).toEqual([[[2, 3], [4, 5]], [[10, 11], [12, 13]]]); // prettier-ignore
  });
});

describe('vtgLoss', () => {
  const scores = tf.tensor3d([[[2, 0, 0], [0, 1, 0], [0, 0, 3]], [[1, 1, 0], [0, 0, 0], [5, 5, 5]]]); // prettier-ignore
  const logSoftmax = (row: number[], target: number) =>
    row[target] - Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));

  it('predicts each label from the position before it: mean over tokens, sum for each sequence', () => {
    const { loss, logLikelihoods, numTokens } = vtgLoss(scores, [[-100, 0, 1], [-100, -100, 2]], (rows) => rows); // prettier-ignore
    const expected = [logSoftmax([2, 0, 0], 0) + logSoftmax([0, 1, 0], 1), logSoftmax([0, 0, 0], 2)];
    Array.from(logLikelihoods.dataSync()).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    expect(loss.dataSync()[0]).toBeCloseTo(-(expected[0] + expected[1]) / 3, 5);
    expect(numTokens).toEqual([2, 1]);
  });

  it('refuses a batch without a learned token', () => {
    expect(() => vtgLoss(scores, [[1, -100, -100], [-100, -100, -100]], (rows) => rows)).toThrow(/at least one learned token/); // prettier-ignore
  });
});
