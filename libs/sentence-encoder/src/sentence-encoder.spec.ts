import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { Random, readJsonFile } from '@egolab/foundation';
import { valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { afterAll, describe, expect, it } from 'vitest';
import {
  bert,
  bertConfigSchema,
  bertParameters,
  loadSentenceEncoder,
  meanPooled,
  mostSimilar,
  sentenceEncoder,
  type Embeddings,
} from './index.ts';

// made by tools/parity/sentence_encoder.py from transformers' BertModel
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const config = bertConfigSchema.parse(readJsonFile(fixture('bert-tiny/config.json')));
const weights = openCheckpoint(fixture('bert-tiny/model.safetensors'));
const parameters = loadParameters(bertParameters(config), weights);
const checkpoint = openCheckpoint(fixture('bert-tiny/expected.safetensors'));
const expected = (name: string) => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape);
const rows = (name: string) => (expected(name) as Tensor & { rank: 2 }).arraySync() as unknown as number[][];
const difference = (actual: Tensor, target: Tensor) => {
  expect(actual.shape).toEqual(target.shape);
  return tf.max(tf.abs(tf.sub(actual, target))).dataSync()[0];
};
afterAll(() => {
  weights.close();
  checkpoint.close();
});

describe('BERT against transformers', () => {
  const [ids, mask] = [rows('ids'), rows('mask')];

  it('last hidden states and sentence embeddings, with and without padding', () => {
    const hidden = bert(parameters, config, ids, mask);
    expect(difference(hidden.slice([0], [1]).squeeze([0]), expected('last_hidden_state.0'))).toBeLessThan(1e-4);
    expect(difference(hidden.slice([1, 0], [1, 3]).squeeze([0]), expected('last_hidden_state.1'))).toBeLessThan(1e-4);
    const embeddings = expected('embeddings');
    expect(difference(meanPooled(hidden, mask), embeddings)).toBeLessThan(1e-5);
    const alone = meanPooled(bert(parameters, config, [ids[1].slice(0, 3)]));
    expect(difference(alone, embeddings.slice([1], [1]))).toBeLessThan(1e-5);
  });

  it('gradients', () => {
    const names = checkpoint.names().filter((name) => name.startsWith('grad.'));
    const variables = names.map((name) => parameters.get(name.slice('grad.'.length)));
    const target = expected('target');
    const loss = () => tf.sum(tf.mul(meanPooled(bert(parameters, config, ids, mask), mask), target)) as Scalar;
    const { grads } = valueAndGrads(loss, variables);
    names.forEach((name, i) =>
      expect(difference(grads.get(variables[i].name)!, expected(name)), name).toBeLessThan(1e-4),
    );
  });

  it('keeps no tensors, and refuses more tokens than it has positions', () => {
    const before = tf.memory().numTensors;
    bert(parameters, config, ids).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => bert(parameters, config, [Array.from({ length: 17 }, () => 1)])).toThrow(/at most 16 tokens, got 17/);
  });
});

/** Words to ids 4, 5, … between [CLS] 2 and [SEP] 3. */
const words = new Map<string, number>();
const tokenizer = {
  encode: (text: string) => {
    const ids = text
      .toLowerCase()
      .split(/\s+/)
      .map((word) => words.get(word) ?? (words.set(word, 4 + (words.size % 46)), words.get(word)!));
    return [2, ...ids, 3];
  },
} as unknown as Parameters<typeof sentenceEncoder>[2];
const row = ({ data, width }: Embeddings, i: number) => Array.from(data.subarray(i * width, (i + 1) * width));

describe('embed', () => {
  const encoder = sentenceEncoder({ bert: config, maxTokens: 6 }, parameters, tokenizer);
  const random = new Random(4);
  const texts = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 1 + (i % 4) }, () => random.choice(['cup', 'bowl', 'opens', 'left', 'drawer', 'salt'])).join(
      ' ',
    ),
  );

  it('gives a text the same bits whatever stands beside it', () => {
    const together = encoder.embed(texts);
    const order = random.shuffle(texts.map((_, i) => i));
    const shuffled = encoder.embed(order.map((i) => texts[i]));
    order.forEach((i, place) => expect(row(shuffled, place)).toEqual(row(together, i)));
    expect(row(encoder.embed([texts[7]]), 0)).toEqual(row(together, 7));
    expect(row(encoder.embed(['Cup']), 0)).toEqual(row(encoder.embed(['cup']), 0));
  });

  it('cuts long texts and keeps the end token, leaks nothing', () => {
    const before = tf.memory().numTensors;
    const [long, cut] = ['cup bowl opens left drawer salt', 'cup bowl opens left'];
    expect(row(encoder.embed([long]), 0)).toEqual(row(encoder.embed([cut]), 0));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('mostSimilar', () => {
  const random = new Random(11);
  const embeddings = (count: number, width: number): Embeddings => {
    const data = Float32Array.from({ length: count * width }, () => random.normal());
    for (let i = 0; i < count; i++) {
      const part = data.subarray(i * width, (i + 1) * width);
      const norm = Math.hypot(...part);
      part.forEach((value, d) => (part[d] = value / norm));
    }
    return { width, data };
  };

  it('is what sorting every similarity gives, for any block size', () => {
    const [queries, candidates] = [embeddings(23, 8), embeddings(101, 8)];
    const allowed = (query: number, candidate: number) => (query + candidate) % 3 !== 0;
    const similarity = (i: number, j: number) =>
      row(queries, i).reduce((sum, value, d) => sum + value * row(candidates, j)[d], 0);
    const brute = Array.from({ length: 23 }, (_, query) =>
      Array.from({ length: 101 }, (_, j) => ({ j, s: Math.round(similarity(query, j) * 1e4) }))
        .filter(({ j }) => allowed(query, j))
        .sort((a, b) => b.s - a.s || a.j - b.j)
        .slice(0, 5)
        .map(({ j }) => j),
    );
    for (const block of [1, 500, 1 << 20]) {
      expect(mostSimilar(queries, candidates, { k: 5, allowed, block })).toEqual(brute);
    }
  });

  it('orders ties by index and gives fewer where fewer are allowed', () => {
    const one = embeddings(1, 8);
    const copies = { width: 8, data: Float32Array.from([...one.data, ...one.data, ...one.data]) };
    expect(mostSimilar(one, copies, { k: 2 })).toEqual([[0, 1]]);
    expect(mostSimilar(one, copies, { k: 2, allowed: (_, candidate) => candidate === 2 })).toEqual([[2]]);
    expect(mostSimilar(one, { width: 8, data: new Float32Array(0) }, { k: 2 })).toEqual([[]]);
  });
});

const minilm = fileURLToPath(new URL('../../../.egolab/models/all-MiniLM-L6-v2', import.meta.url));
describe.skipIf(!existsSync(minilm))('all-MiniLM-L6-v2 (needs .egolab/models, which set-up fetches)', () => {
  it('embeds 50 sentences as transformers does', () => {
    const encoder = loadSentenceEncoder(minilm);
    const sentences = readJsonFile(fixture('minilm.json')) as string[];
    const reference = openCheckpoint(fixture('minilm.safetensors')).read('embeddings');
    const { data, width } = encoder.embed(sentences);
    expect([sentences.length, width]).toEqual([50, 384]);
    const largest = data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - reference[i])), 0);
    expect(largest).toBeLessThan(1e-4);
    encoder.dispose();
  });
});
