import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '@egolab/foundation';
import { llamaConfigSchema } from '@egolab/language-model';
import { Parameters, valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { createTokenizer, trainBytePairs } from '@egolab/tokenizers';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import {
  answerLogLikelihoods,
  concatenate,
  generateAnswer,
  guidanceSchema,
  PREFIX,
  pretrainingPrompt,
  questionPrompt,
  selfPracticeTokens,
} from './index.ts';
import {
  teacherStudentGuidance,
  textGeneration,
  tokensPerView,
  videoLlm,
  videoLlmParameters,
  viewVisualTokens,
  visionSideSchema,
} from './index.ts';
import type { VideoLlm, VideoLlmConfig } from './index.ts';

const chat_template =
  "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
const tokenizer = createTokenizer(
  trainBytePairs(['C holds the cup'], { vocabSize: 270, specialTokens: ['</s>'] }),
  { eos_token: '</s>', chat_template },
  'test',
);

function microConfig(options: object = {}): VideoLlmConfig {
  const vision = {
    hidden_size: 8,
    intermediate_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    image_size: 16,
    patch_size: 2,
  };
  const side = visionSideSchema.parse({
    vision,
    connector: { kind: 'stc_connector', depth: 1 },
    mapping: { kind: 'resnet', ngf: 4, nBlocks: 1 },
    ...options,
  });
  const languageModel = llamaConfigSchema.parse({
    vocab_size: tokenizer.vocabSize,
    hidden_size: 12,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
  });
  return { ...side, languageModel };
}

const config = microConfig();
const time = 4;
let p: Parameters;
let model: VideoLlm;
let ego: Tensor;
let exo: Tensor;

function frames(seed: number): Tensor {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({ length: 2 * time * 16 * 16 * 3 }, () => random.normal()),
    [2, time, 16, 16, 3],
  );
}

beforeAll(() => {
  p = Parameters.initialize(videoLlmParameters(config), new Random(1));
  model = videoLlm(config, p);
  ego = frames(1);
  exo = frames(2);
});

const captions = ['C holds the cup', 'the cup'].map((caption) => pretrainingPrompt(tokenizer, caption));

/** Name prefixes of the parameters that a loss sends a gradient to. */
function trainedBy(loss: () => Scalar): string[] {
  const { grads } = valueAndGrads(loss, p.variables.values());
  const moved = p.names().filter((name) => tf.max(tf.abs(grads.get(p.get(name).name)!)).dataSync()[0] > 0);
  const parts = [
    ...Object.values(PREFIX.towers),
    ...Object.values(PREFIX.connectors),
    PREFIX.F,
    PREFIX.G,
    PREFIX.languageModel,
  ];
  return parts.filter((part) => moved.some((name) => name.startsWith(`${part}.`)));
}

describe('the video LLM', () => {
  it('turns clips into the announced number of visual tokens', () => {
    const perView = tokensPerView(config, time);
    expect(perView).toBe(3 * 5 * 5);
    expect(viewVisualTokens(model, 'exo', exo).shape).toEqual([2, perView, 12]);
    expect(selfPracticeTokens(model, ego).shape).toEqual([2, 2 * perView, 12]);
  });

  it('stage 1: one view reaches its own tower, not the other and no mapping', () => {
    expect(trainedBy(() => textGeneration(model, viewVisualTokens(model, 'exo', exo), captions).loss)).toEqual([
      'exo_tower',
      'connector',
      'language_model',
    ]);
  });

  it('stage 2: VTG reaches the ego tower and F; KL and CCL add the teacher and G', () => {
    const guide = (options: object) => teacherStudentGuidance(model, ego, exo, guidanceSchema.parse(options));
    const vtg = (options: object) => textGeneration(model, guide(options).visualTokens, captions).loss;
    expect(trainedBy(() => vtg({ source: 'mapped' }))).toEqual([
      'ego_tower',
      'connector',
      'mapping.F',
      'language_model',
    ]);
    expect(trainedBy(() => vtg({ source: 'teacher' }))).toEqual([
      'ego_tower',
      'exo_tower',
      'connector',
      'language_model',
    ]);
    expect(trainedBy(() => guide({}).kl!)).toEqual(['ego_tower', 'exo_tower', 'mapping.F']);
    expect(trainedBy(() => guide({}).ccl!)).toEqual(['ego_tower', 'exo_tower', 'mapping.F', 'mapping.G']);
    expect(guide({ kl: null, ccl: null })).toMatchObject({ kl: undefined, ccl: undefined });
  });

  it('every vision-side parameter of a stage gets a gradient', () => {
    const loss = () => {
      const { visualTokens, kl, ccl } = teacherStudentGuidance(model, ego, exo, guidanceSchema.parse({}));
      return tf.addN([textGeneration(model, visualTokens, captions).loss, kl!, ccl!]) as Scalar;
    };
    const { grads } = valueAndGrads(loss, p.variables.values());
    const still = p.names().filter((name) => tf.max(tf.abs(grads.get(p.get(name).name)!)).dataSync()[0] === 0);
    expect(still).toEqual([]);
  });

  it('gradient checkpointing and chunked attention change no value', () => {
    const plain = selfPracticeTokens(model, ego);
    const lean = selfPracticeTokens(model, ego, { gradientCheckpointing: true, attention: 'chunked' });
    expect(tf.max(tf.abs(tf.sub(plain, lean))).dataSync()[0]).toBeLessThan(1e-5);
  });

  it('connectors: one each when so configured', () => {
    const names = Object.keys(videoLlmParameters(microConfig({ connectors: 'per-tower' })));
    expect(names).toContain('ego_connector.sampler.0.weight');
    expect(names).toContain('exo_connector.sampler.0.weight');
    expect(names).not.toContain('connector.sampler.0.weight');
  });

  it('concatenates in the configured order', () => {
    const a = tf.ones([1, 1, 2]);
    const b = tf.zeros([1, 1, 2]);
    expect(concatenate(a, b, 'exo-first').dataSync()).toEqual(Float32Array.of(1, 1, 0, 0));
    expect(concatenate(a, b, 'ego-first').dataSync()).toEqual(Float32Array.of(0, 0, 1, 1));
  });
});

describe('answers', () => {
  const question = [{ role: 'user' as const, content: 'what?' }];
  const clip = () => tf.slice(selfPracticeTokens(model, ego), [0, 0, 0], [1, -1, -1]);

  it('scores an answer the same alone and beside longer ones', () => {
    const together = answerLogLikelihoods(model, tokenizer, clip(), question, [
      'the cup',
      'C holds the cup and the cup',
    ]);
    const [alone] = answerLogLikelihoods(model, tokenizer, clip(), question, ['the cup']);
    expect(together[0].numTokens).toBe(alone.numTokens);
    expect(together[0].logLikelihood).toBeCloseTo(alone.logLikelihood, 4);
    expect(together[1].numTokens).toBeGreaterThan(alone.numTokens);
  });

  it('generates, and leaks no tensors', () => {
    const tokens = clip();
    const prompt = questionPrompt(tokenizer, question);
    const before = tf.memory().numTensors;
    expect(generateAnswer(model, tokens, prompt, { maxNewTokens: 3 })).toHaveLength(3);
    answerLogLikelihoods(model, tokenizer, tokens, question, ['the cup']);
    expect(tf.memory().numTensors).toBe(before);
  });
});
