import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import smolLM2Reference from './fixtures/smollm2.json' with { type: 'json' };
import {
  chatIds,
  embedTokens,
  generate,
  llama,
  llamaConfigSchema,
  llamaParameters,
  loadLanguageModel,
  logits,
  sampleToken,
} from './index.ts';

const smolLM2 = fileURLToPath(new URL('../../../.egolab/models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url));

describe.skipIf(!existsSync(smolLM2))('SmolLM2 from its GGUF (skipped where .egolab/models has none)', () => {
  const model = existsSync(smolLM2) ? loadLanguageModel(smolLM2) : undefined!;
  afterAll(() => model.parameters.dispose());
  const promptIds = ({ prompt, chat }: { prompt: string; chat: boolean }) =>
    chat ? chatIds(model.tokenizer, [{ role: 'user', content: prompt }]) : model.tokenizer.encode(prompt);

  it.each(smolLM2Reference)('continues $prompt as transformers does on the dequantised weights', (record) => {
    const ids = promptIds(record);
    expect(ids).toHaveLength(record.promptTokens);
    const { tokens } = generate(model, ids, { maxNewTokens: 10, eosIds: model.eosIds });
    expect(tokens).toEqual(record.tokens);
    expect(model.tokenizer.decode(tokens)).toBe(record.continuation);
  });

  it('gives the scores of transformers', () => {
    const { parameters, config } = model;
    const [record] = smolLM2Reference;
    const ids = promptIds(record);
    tf.tidy(() => {
      const hidden = llama(parameters, config, {
        embeddings: embedTokens(parameters, tf.tensor2d([ids], undefined, 'int32')),
      });
      const scores = tf.slice(logits(parameters, config, hidden), [0, ids.length - 1, 0], [1, 1, 8]).dataSync();
      record.firstScores.forEach((score, i) => expect(Math.abs(scores[i] - score)).toBeLessThan(5e-4));
    });
  });
});

describe('generate', () => {
  const config = llamaConfigSchema.parse({
    vocab_size: 20, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 16, initializer_range: 0.5,
  }); // prettier-ignore
  const parameters = Parameters.initialize(llamaParameters(config), new Random(4));
  const model = { config, parameters };
  afterAll(() => parameters.dispose());

  it('samples by the seed and leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const run = (seed: number) =>
      generate(model, [3, 1, 4], { maxNewTokens: 10, temperature: 2, topP: 0.95, seed }).tokens;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes embeddings in place of ids', () => {
    const embeddings = tf.tidy(() => embedTokens(parameters, tf.tensor2d([[3, 1, 4]], [1, 3], 'int32')));
    expect(generate(model, embeddings, { maxNewTokens: 5 })).toEqual(generate(model, [3, 1, 4], { maxNewTokens: 5 }));
    embeddings.dispose();
  });

  it('stops after an end token, and at the last position', () => {
    const { tokens } = generate(model, [3, 1, 4], { maxNewTokens: 10 });
    const stop = tokens[4];
    expect(generate(model, [3, 1, 4], { maxNewTokens: 10, eosIds: [stop] }).tokens).toEqual(
      tokens.slice(0, tokens.indexOf(stop) + 1),
    );
    expect(generate(model, [3, 1, 4], { maxNewTokens: 100 }).tokens).toHaveLength(13);
    expect(() => generate(model, [], { maxNewTokens: 1 })).toThrow(/the prompt is empty/);
    expect(() => generate(model, [1], { maxNewTokens: 1, temperature: -1 })).toThrow(
      /expected a temperature of 0 or more, got -1/,
    );
    expect(() => generate(model, [1], { maxNewTokens: 1, topP: 0 })).toThrow(
      /expected top-p above 0 and up to 1, got 0/,
    );
    expect(() => generate(model, [20], { maxNewTokens: 1 })).toThrow(/the token id 20; the model knows 0 to 19/);
    expect(() => generate(model, Array(16).fill(1), { maxNewTokens: 1 })).toThrow(
      /the prompt has 16 tokens; the model reads at most 16/,
    );
  });
});

describe('sampleToken', () => {
  const scores = Float32Array.from([0.1, 0.4, 0.2, 0.3], Math.log);
  const frequencies = (temperature: number, topP: number) => {
    const random = new Random(0);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[sampleToken(scores, { temperature, topP, random })] += 1 / 4000;
    return counts;
  };
  const expectNear = (measured: number[], expected: number[]) =>
    measured.forEach((value, i) =>
      expected[i] === 0 ? expect(value).toBe(0) : expect(Math.abs(value - expected[i])).toBeLessThan(0.03),
    );

  it('is greedy at temperature 0, the lowest id of equals', () => {
    expect(sampleToken(new Float32Array([1, 3, 3]), { temperature: 0, topP: 1, random: new Random(0) })).toBe(1);
  });

  it('draws by the probabilities', () => expectNear(frequencies(1, 1), [0.1, 0.4, 0.2, 0.3]));

  it('draws from the nucleus, the token that reaches topP included', () => {
    expectNear(frequencies(1, 0.65), [0, 4 / 7, 0, 3 / 7]);
    expectNear(frequencies(1, 0.75), [0, 4 / 9, 2 / 9, 3 / 9]);
    expectNear(frequencies(1, 0.01), [0, 1, 0, 0]);
  });

  it('sharpens below temperature 1', () => expectNear(frequencies(0.5, 1), [1 / 30, 16 / 30, 4 / 30, 9 / 30]));
});
