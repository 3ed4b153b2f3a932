import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { saveParameters } from '@egolab/checkpoints';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { embedTokens, llama, llamaParameters, logits, type LlamaConfig } from '@egolab/language-model';
import { Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { sampleTexts } from '@egolab/synthetic-world';
import { loadTokenizer, trainBytePairs } from '@egolab/tokenizers';
import { IGNORE_INDEX, vtgLoss, type Prompt } from '@egolab/video-llm';
import { sections, trainingSettings } from '../exo2ego/settings.ts';
import { CHAT_TEMPLATE, SPECIAL_TOKENS, textPrompt } from '../exo2ego/text-prompts.ts';
import { trainTask } from '../exo2ego/training.ts';
import { contentDigest } from '../run-folder.ts';
import { defineStage } from '../stage.ts';
import { workspace } from '../workspace.ts';

/**
 * The language model that the following stages freeze: a given one (Mistral-7B-Instruct, SmolLM2), or a small one that
 * learns here to write about the synthetic world from its texts alone. It sees no video.
 */
export const textModel = defineStage({
  name: 'text-model',
  title: 'Frozen language model',
  paper: 'Exo2Ego section 5.1',
  params: z.strictObject({
    /** texts of the synthetic world to learn from */
    numTexts: z.number().int().positive(),
    /** longer texts are left out */
    maxTokens: z.number().int().positive(),
    training: trainingSettings,
  }),
  sections,
  inputs: { data: 'datasets' },
  outputs: ['language-model.json', 'model'],
  history: ['loss'],
  async run(context) {
    const { params, config, random, out, progress } = context;
    const { weights, config: architecture } = config.models.languageModel;
    const refer = async (path: string, folder: string) => {
      writeFileAtomic(
        out.path('language-model.json'),
        `${JSON.stringify({ path, digest: await contentDigest(folder) }, null, 2)}\n`,
      );
    };
    const folder = out.path('model');
    mkdirSync(folder); // stays empty beside a given one
    if (weights !== null) {
      await refer(weights, given(weights));
      return { metrics: {}, history: [] };
    }
    if (architecture === null) {
      throw new UserError({
        what: 'expected weights or a config, got neither',
        where: 'models.languageModel',
        mend: 'name a model folder or GGUF file in weights, or describe a model to train in config',
      });
    }

    const texts = sampleTexts(config.data.world, params.numTexts, context.seed);
    writeTokenizer(
      folder,
      texts.map(({ prompt, text }) => ` ${prompt ?? ''} ${text}`),
      architecture,
    );
    const tokenizer = loadTokenizer(folder);
    const prompts = texts
      .map((text, i) => textPrompt(tokenizer, text, random.split('retell', i)))
      .filter(({ ids }) => ids.length <= params.maxTokens);
    progress.note(`${prompts.length} of ${texts.length} texts have at most ${params.maxTokens} tokens`);
    const parameters = Parameters.initialize(llamaParameters(architecture), random.split('weights'));
    const result = await trainTask(context, {
      title: 'text model',
      settings: params.training,
      parameters: [parameters],
      trainable: parameters.variables,
      numExamples: prompts.length,
      examples: prompts,
      loadBatch: async (indices) => indices.map((index) => prompts[index]),
      loss: (batch) => ({ loss: textLoss(parameters, architecture, batch, params.training) }),
    });
    saveParameters(join(folder, 'model.safetensors'), parameters);
    parameters.dispose();
    await refer('model', folder);
    return result;
  },
});

function given(weights: string): string {
  const path = resolve(workspace.root, weights);
  if (existsSync(path)) return path;
  throw new UserError({
    what: `there is no language model at ${path}`,
    where: 'models.languageModel.weights',
    mend: 'download the Hugging Face folder (config.json, model.safetensors, tokenizer.json) or GGUF file and name it here; `egolab doctor` lists the model files that setup brings',
  });
}

/** A model folder in Hugging Face format but for the weights. */
function writeTokenizer(folder: string, texts: string[], config: LlamaConfig): void {
  const json = (name: string, value: object) =>
    writeFileAtomic(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  json(
    'tokenizer.json',
    trainBytePairs(texts, { vocabSize: config.vocab_size, specialTokens: Object.values(SPECIAL_TOKENS) }),
  );
  json('tokenizer_config.json', { ...SPECIAL_TOKENS, chat_template: CHAT_TEMPLATE });
  json('config.json', { model_type: 'llama', architectures: ['LlamaForCausalLM'], ...config });
}

/** Next-token cross entropy over what each prompt marks as learned; padded on the right. */
function textLoss(
  parameters: Parameters,
  config: LlamaConfig,
  batch: Prompt[],
  { attention, gradientCheckpointing }: { attention: 'full' | 'chunked'; gradientCheckpointing: boolean },
) {
  const length = Math.max(...batch.map(({ ids }) => ids.length));
  const pad = (values: number[], filler: number) => [
    ...values,
    ...Array.from({ length: length - values.length }, () => filler),
  ];
  const ids = tf.tensor2d(
    batch.map((prompt) => pad(prompt.ids, 0)),
    undefined,
    'int32',
  );
  const attentionMask = tf.tensor2d(
    batch.map((prompt) =>
      pad(
        prompt.ids.map(() => 1),
        0,
      ),
    ),
    undefined,
    'int32',
  );
  const hidden = llama(parameters, config, {
    embeddings: embedTokens(parameters, ids),
    attentionMask,
    attention,
    gradientCheckpointing,
  });
  return vtgLoss(
    hidden,
    batch.map((prompt) => pad(prompt.labels, IGNORE_INDEX)),
    (rows) => logits(parameters, config, rows),
  ).loss;
}
