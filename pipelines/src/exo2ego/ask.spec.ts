import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveParameters } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { createLora, llamaConfigSchema, llamaParameters, saveAdapter } from '@egolab/language-model';
import { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { trainBytePairs } from '@egolab/tokenizers';
import { writeVideo } from '@egolab/video';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { createExo2Ego, saveExo2Ego } from './model.ts';
import { modelsSettings } from './settings.ts';
import { CHAT_TEMPLATE, SPECIAL_TOKENS } from './text-prompts.ts';

const folder = mkdtempSync(join(tmpdir(), 'egolab-ask-'));
const [languageModel, run, video] = ['text-model', 'stage3', 'clip.mp4'].map((name) => join(folder, name));
const question = 'what is on the table?';
const writeJson = (path: string, value: object) => writeFileSync(path, JSON.stringify(value));

const config = llamaConfigSchema.parse({
  vocab_size: 280, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 128, initializer_range: 0.5,
}); // prettier-ignore
const models = modelsSettings.parse({
  languageModel: { weights: null, config, chatFormat: 'tokenizer' },
  visionWeights: null,
  vision: { hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2, num_channels: 3, image_size: 32, patch_size: 8, hidden_act: 'quick_gelu', layer_norm_eps: 1e-5 },
  connectorWeights: null,
  connector: { kind: 'stc_connector', depth: 1, padding: 1 },
  connectors: 'shared',
  mapping: { kind: 'resnet', ngf: 4, nBlocks: 1, nDownsampling: 1, norm: 'instance', outputActivation: 'linear' },
  concatenation: 'exo-first',
  video: { numFrames: 2, sampler: 'videollama2-v1', aspect: 'pad' },
}); // prettier-ignore

/** A stage's folder of random weights, and a video of noise. */
beforeAll(async () => {
  const random = new Random(3);
  [languageModel, run].forEach((path) => mkdirSync(path));
  writeJson(
    join(languageModel, 'tokenizer.json'),
    trainBytePairs([question], { vocabSize: config.vocab_size, specialTokens: Object.values(SPECIAL_TOKENS) }),
  );
  writeJson(join(languageModel, 'tokenizer_config.json'), { ...SPECIAL_TOKENS, chat_template: CHAT_TEMPLATE });
  writeJson(join(languageModel, 'config.json'), {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    ...config,
  });
  const parameters = Parameters.initialize(llamaParameters(config), random.split('language'));
  saveParameters(join(languageModel, 'model.safetensors'), parameters);
  parameters.dispose();
  const exo2ego = createExo2Ego(models, languageModel, random);
  saveExo2Ego(run, exo2ego, models, languageModel);
  exo2ego.dispose();
  const adapter = createLora(
    config,
    { rank: 2, alpha: 4, dropout: 0, targets: ['model.layers.*.self_attn.q_proj'] },
    random.split('lora'),
  );
  saveAdapter(join(run, 'adapter'), adapter, languageModel);
  adapter.parameters.dispose();
  const data = Uint8Array.from({ length: 8 * 32 * 32 * 3 }, () => Math.floor(random.uniform() * 256));
  await writeVideo(video, { data, numFrames: 8, height: 32, width: 32 }, { fps: 4 });
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['initialize', 'stage1', 'stage2', 'stage3'])(
  'answers after %s, the same each time, and leaves no tensor behind',
  async (stage) => {
    writeJson(join(run, 'run.json'), { stage });
    const before = tf.memory().numTensors;
    const first = await ask({ run, video, question, maxNewTokens: 4 });
    expect(first).toEqual({ answer: expect.any(String), question, video, stage, tokens: expect.any(Array) });
    expect(first.tokens.length).toBeGreaterThan(0);
    expect(await ask({ run, video, question, maxNewTokens: 4 })).toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
  },
);

it('names what is wrong', async () => {
  writeJson(join(run, 'run.json'), { stage: 'stage3' });
  const cut = join(folder, 'cut.mp4');
  writeFileSync(cut, readFileSync(video).subarray(0, 200));
  const wrong = (options: object) => expect(ask({ run, video, question, ...options })).rejects;
  await wrong({ question: '  ' }).toThrow(/^question: expected a question, got an empty one/);
  await wrong({ run: folder }).toThrow(/model\.json: [^]*name the folder of a finished training stage/);
  await wrong({ video: join(folder, 'none.mp4') }).toThrow(/none\.mp4: there is no such file/);
  await wrong({ video: cut }).toThrow(/cut\.mp4: /);
  writeJson(join(run, 'run.json'), { stage: 'text-model' });
  await wrong({}).toThrow(/expected a stage of initialize, stage1, stage2, stage3, got text-model/);
});
