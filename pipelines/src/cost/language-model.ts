import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { GgufCheckpoint, openCheckpoint } from '@egolab/checkpoints';
import { readJsonFile, UserError } from '@egolab/foundation';
import { llamaConfigFromGguf, parseLlamaConfig, type LlamaConfig } from '@egolab/language-model';
import { loadTokenizer, type Tokenizer } from '@egolab/tokenizers';
import { languageModelPath } from '../exo2ego/model.ts';
import type { ModelsSettings } from '../exo2ego/settings.ts';
import { workspace } from '../workspace.ts';
import { finished } from './planned.ts';

/** `config.json` of released models that a preset names, for machines where they aren't. */
const released: Readonly<Record<string, object>> = {
  // https://huggingface.co/mistralai/Mistral-7B-Instruct-v0.2/blob/main/config.json
  'Mistral-7B-Instruct-v0.2': {
    model_type: 'mistral',
    hidden_size: 4096,
    intermediate_size: 14336,
    max_position_embeddings: 32768,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 1e6,
    sliding_window: null,
    tie_word_embeddings: false,
    vocab_size: 32000,
  },
};

/** The architecture of the frozen language model, without its weights. */
export function languageModelConfig({ languageModel }: ModelsSettings): LlamaConfig {
  const { weights, config } = languageModel;
  if (weights === null) {
    if (config !== null) return config;
    throw new UserError({
      what: 'expected weights or a config, got neither',
      where: 'models.languageModel',
      mend: 'name a model folder or GGUF file in weights, or describe a model to train in config',
    });
  }
  const path = resolve(workspace.root, weights);
  if (existsSync(path)) return statSync(path).isDirectory() ? fromFolder(path) : fromGguf(path);
  const known = released[basename(path)];
  if (known) return parseLlamaConfig(known, weights);
  throw new UserError({
    what: `there is no language model at ${path}, and its architecture isn't known by name`,
    where: 'models.languageModel.weights',
    mend: 'put its config.json there: weights are not needed to plan',
  });
}

function fromFolder(path: string): LlamaConfig {
  const file = join(path, 'config.json');
  return parseLlamaConfig(readJsonFile(file), file);
}

function fromGguf(path: string): LlamaConfig {
  const checkpoint = openCheckpoint(path);
  try {
    if (!(checkpoint instanceof GgufCheckpoint)) throw new UserError({ what: 'expected a GGUF file', where: path });
    const shapes = new Map(checkpoint.names().map((name) => [name, checkpoint.info(name).shape]));
    return llamaConfigFromGguf(checkpoint.values, shapes, path);
  } finally {
    checkpoint.close();
  }
}

/** Its tokenizer; undefined where neither stage `text-model` nor anyone else has put one. */
export function tokenizerIfHere(
  { languageModel: { weights } }: ModelsSettings,
  textModel: string,
): Tokenizer | undefined {
  if (weights !== null) {
    const path = resolve(workspace.root, weights);
    return existsSync(path) && !(statSync(path).isDirectory() && !existsSync(join(path, 'tokenizer.json')))
      ? loadTokenizer(path)
      : undefined;
  }
  return finished(textModel) ? loadTokenizer(languageModelPath(textModel)) : undefined;
}
