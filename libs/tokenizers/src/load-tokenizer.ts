import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GgufCheckpoint } from '@egolab/checkpoints';
import { readJsonFile, UserError } from '@egolab/foundation';
import { tokenizerFromGguf } from './gguf-vocabulary.ts';
import { createTokenizer, type Tokenizer, type TokenizerConfig } from './tokenizer.ts';

/**
 * The tokenizer of a model in Hugging Face format (`tokenizer.json`, and where there are any `tokenizer_config.json`,
 * `special_tokens_map.json`, `chat_template.jinja`), or of a GGUF file.
 *
 * @param path the folder or the `.gguf` file
 * @throws UserError when the files are missing or damaged
 */
export function loadTokenizer(path: string): Tokenizer {
  if (!existsSync(path))
    throw new UserError({
      what: 'there is no such folder or file',
      where: path,
      mend: 'name a folder that holds a tokenizer.json, or a .gguf file',
    });
  return statSync(path).isDirectory() ? loadFolder(path) : loadGguf(path);
}

function loadFolder(folder: string): Tokenizer {
  const optional = (name: string) =>
    existsSync(join(folder, name)) ? (readJsonFile(join(folder, name)) as TokenizerConfig) : {};
  const tokenizerJson = readJsonFile(
    join(folder, 'tokenizer.json'),
    'a tokenizer in the tokenizer.json format is needed; transformers writes it with save_pretrained',
  );
  const config = { ...optional('special_tokens_map.json'), ...optional('tokenizer_config.json') };
  const template = join(folder, 'chat_template.jinja');
  if (existsSync(template)) config.chat_template = readFileSync(template, 'utf8');
  return createTokenizer(tokenizerJson as object, config, folder);
}

function loadGguf(path: string): Tokenizer {
  const checkpoint = new GgufCheckpoint(path);
  checkpoint.close();
  const { tokenizerJson, config } = tokenizerFromGguf(checkpoint.values, path);
  return createTokenizer(tokenizerJson, config, path);
}
