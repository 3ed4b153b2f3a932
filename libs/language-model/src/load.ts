import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, GgufCheckpoint, loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { readJsonFile, UserError } from '@egolab/foundation';
import type { Parameters } from '@egolab/nn';
import { loadTokenizer, type Tokenizer } from '@egolab/tokenizers';
import { type LlamaConfig, llamaConfigFromGguf, parseLlamaConfig } from './config.ts';
import { llamaParameters } from './parameters.ts';

export interface LanguageModel {
  config: LlamaConfig;
  /** the caller disposes them */
  parameters: Parameters;
  tokenizer: Tokenizer;
  /** ids that end a generation */
  eosIds: number[];
}

/**
 * A Llama or Mistral model with its tokenizer.
 *
 * @param path a folder in Hugging Face format (`config.json`, `model.safetensors` or its shards, `tokenizer.json`), or a `.gguf` file
 * @throws UserError when a file is missing or damaged, a tensor is missing, extra or of another shape, or the architecture is another
 */
export function loadLanguageModel(path: string): LanguageModel {
  if (!existsSync(path))
    throw new UserError({
      what: 'there is no such folder or file',
      where: path,
      mend: 'name a model folder in Hugging Face format, or a .gguf file',
    });
  const folder = statSync(path).isDirectory();
  const fromFolder = folder
    ? parseLlamaConfig(
        readJsonFile(
          join(path, 'config.json'),
          'a model folder holds config.json, model.safetensors and tokenizer.json',
        ),
        join(path, 'config.json'),
      )
    : undefined;
  const checkpoint = openCheckpoint(path);
  try {
    const config = fromFolder ?? ggufConfig(checkpoint);
    const tokenizer = loadTokenizer(path);
    const parameters = loadParameters(llamaParameters(config), checkpoint, { ignoreExtra: derivedTensors(config) });
    return { config, parameters, tokenizer, eosIds: eosIds(path, folder, tokenizer) };
  } finally {
    checkpoint.close();
  }
}

function ggufConfig(checkpoint: Checkpoint): LlamaConfig {
  if (!(checkpoint instanceof GgufCheckpoint)) {
    throw new UserError({
      what: 'expected a model folder or a GGUF file',
      where: checkpoint.source,
      mend: 'name the folder that holds config.json beside the weights',
    });
  }
  const shapes = new Map(checkpoint.names().map((name) => [name, checkpoint.info(name).shape]));
  return llamaConfigFromGguf(checkpoint.values, shapes, checkpoint.source);
}

/** Tensors that older files keep although they follow from others. */
function derivedTensors(config: LlamaConfig): RegExp {
  return config.tie_word_embeddings ? /rotary_emb\.inv_freq$|^lm_head\.weight$/ : /rotary_emb\.inv_freq$/;
}

/** `generation_config.json` may name several; else the tokenizer's one. */
function eosIds(path: string, folder: boolean, tokenizer: Tokenizer): number[] {
  const file = join(path, 'generation_config.json');
  const generation = folder && existsSync(file) ? (readJsonFile(file) as { eos_token_id?: number | number[] }) : {};
  return [generation.eos_token_id ?? tokenizer.eosId ?? []].flat();
}
