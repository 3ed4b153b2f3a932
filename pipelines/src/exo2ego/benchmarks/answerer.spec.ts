import { createLora, llamaConfigSchema, llamaParameters } from '@egolab/language-model';
import { Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { createTokenizer, trainBytePairs } from '@egolab/tokenizers';
import type { ClipRequest } from '@egolab/video';
import {
  answerLogLikelihoods,
  pretrainingPrompt,
  promptLogLikelihoods,
  videoLlm,
  type VideoLlmConfig,
} from '@egolab/video-llm';
import { afterAll, expect, it } from 'vitest';
import { CHAT_TEMPLATE, SPECIAL_TOKENS } from '../text-prompts.ts';
import { modelAnswerer } from './answerer.ts';

const texts = ['What did I do?', 'I picked up the mug.', 'I put down a large plate on the table.', 'Nothing'];
const tokenizer = createTokenizer(
  trainBytePairs(texts, { vocabSize: 280, specialTokens: Object.values(SPECIAL_TOKENS) }),
  { ...SPECIAL_TOKENS, chat_template: CHAT_TEMPLATE },
  'spec',
);
const config = llamaConfigSchema.parse({
  vocab_size: 280, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 256, initializer_range: 0.5,
}); // prettier-ignore
const random = new Random(4);
const parameters = Parameters.initialize(llamaParameters(config), random.split('language'));
const lora = createLora(
  config,
  { rank: 2, alpha: 4, dropout: 0, targets: ['model.layers.*.self_attn.v_proj'] },
  random,
);
for (const name of lora.parameters.names()) {
  const { shape } = lora.parameters.get(name);
  const size = shape.reduce((a, b) => a * b, 1);
  lora.parameters.assign(
    name,
    Float32Array.from({ length: size }, () => random.normal(0, 0.3)),
  );
}
/** Its vision side is never run: clips become visual tokens by `tokensOf`. */
const video = { languageModel: config } as VideoLlmConfig;
const model = videoLlm(video, parameters, parameters);
afterAll(() => {
  parameters.dispose();
  lora.parameters.dispose();
});

/** Three visual tokens that a clip's first second decides. */
const tokensOf = (frames: readonly Uint8Array[]) =>
  tf.tensor3d(
    frames.map(([value]) =>
      [0, 1, 2].map((token) => Array.from({ length: 16 }, (_, i) => Math.sin(value + 3 * token + i))),
    ),
  );
const clip = (start: number): ClipRequest => ({ media: 'v.mp4', start, end: start + 1 });
const answerer = (adapter: typeof lora | undefined, sequencesAtATime: number) =>
  modelAnswerer(
    {
      model,
      language: { tokenizer, config, parameters, eosIds: [] } as never,
      adapter,
      clips: {
        prefetch: () => undefined,
        read: (clips) => Promise.resolve(clips.map(({ start }) => Uint8Array.of(start!))),
      },
      tokens: tokensOf,
    },
    { maxNewTokens: 4, sequencesAtATime },
  );
const asked = [
  { clip: clip(1), prompt: texts[0], answers: texts.slice(1) },
  {
    clip: clip(2),
    prompt: 'A much longer question: what did I do with the mug after that?',
    answers: [texts[2], texts[2]],
  },
  { clip: clip(1), prompt: undefined, answers: [texts[1], 'I'] },
  { clip: clip(3), prompt: texts[0], answers: [texts[3]] },
];

it.each([undefined, lora])('says what reading every answer from its beginning says', async (adapter) => {
  const before = tf.memory().numTensors;
  const found = await answerer(adapter, 3).likelihoods(asked);
  expect(tf.memory().numTensors).toBe(before);
  const options = { lora: adapter && { adapter } };
  for (const [i, { clip, prompt, answers }] of asked.entries()) {
    const tokens = tokensOf([Uint8Array.of(clip.start!)]);
    const captions = answers.map((text) => pretrainingPrompt(tokenizer, text));
    const expected =
      prompt === undefined
        ? promptLogLikelihoods(model, tokens, captions, options)
        : answerLogLikelihoods(model, tokenizer, tokens, [{ role: 'user', content: prompt }], answers, options);
    tokens.dispose();
    expect(found[i].map(({ numTokens }) => numTokens)).toEqual(expected.map(({ numTokens }) => numTokens));
    found[i].forEach(({ logLikelihood }, j) => expect(logLikelihood).toBeCloseTo(expected[j].logLikelihood, 4));
  }
});

it('says the same whatever is asked together', async () => {
  const together = await answerer(lora, 100).likelihoods(asked);
  for (const sequences of [1, 2, 5]) {
    const alone = [];
    for (const each of asked) alone.push(...(await answerer(lora, sequences).likelihoods([each])));
    alone.forEach((answers, i) =>
      answers.forEach(({ logLikelihood }, j) => expect(logLikelihood).toBeCloseTo(together[i][j].logLikelihood, 4)),
    );
  }
});
