import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadParameters, openCheckpoint, saveParameters } from '@egolab/checkpoints';
import { depthDecoderConfigSchema, depthDecoderParameters, type DepthDecoderConfig } from '@egolab/depth-decoder';
import {
  createDualEncoder,
  dualEncoderConfigSchema,
  dualEncoderVariants,
  loadDualEncoder,
  openDualEncoder,
  saveDualEncoder,
  withVariant,
  type DualEncoderConfig,
} from '@egolab/dual-encoder';
import { readJsonFile, UserError, writeFileAtomic, type Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { loadTokenizer, trainBytePairs, type Tokenizer } from '@egolab/tokenizers';
import { resolveFromRoot } from './engine/paths.ts';
import type { EgoDtmModelsSettings } from './settings.ts';

/** A dual encoder with its tokenizer. */
export interface DualEncoder {
  readonly config: DualEncoderConfig;
  readonly encoder: Parameters;
  readonly tokenizer: Tokenizer;
}

/** The dual encoder and what is dropped after pretraining, the 3D-aware decoder. */
export interface EgoDtm extends DualEncoder {
  readonly decoderConfig: DepthDecoderConfig;
  readonly decoder: Parameters;
}

const SPECIAL_TOKENS = ['<pad>', '<|startoftext|>', '<|endoftext|>'];
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];
const DECODER_CONFIG = 'depth-decoder.json';
const DECODER_WEIGHTS = 'depth-decoder.safetensors';

/** The files of a pretrained model; the tokenizer's first two are always there. */
export const MODEL_FILES = [
  'config.json',
  'model.safetensors',
  ...TOKENIZER_FILES.slice(0, 2),
  DECODER_CONFIG,
  DECODER_WEIGHTS,
];

/**
 * The model before pretraining; its tokenizer is written to `folder`, beside which the model will be saved.
 *
 * @param captions what byte pairs are learned from when no tokenizer is given
 */
export function createEgoDtm(
  settings: EgoDtmModelsSettings,
  captions: Iterable<string>,
  folder: string,
  random: Random,
): EgoDtm {
  const { weights, variant, vision, text, projectionDim } = settings;
  if (settings.tokenizer === null) learnTokenizer(captions, text.vocab_size, folder);
  else copyTokenizer(resolveFromRoot(settings.tokenizer), folder);
  const tokenizer = loadTokenizer(folder);
  checkVocabulary(tokenizer, text.vocab_size, settings.tokenizer ?? folder);
  const config = withVariant(
    dualEncoderConfigSchema.parse({
      vision_config: vision,
      text_config: { ...text, eos_token_id: tokenizer.eosId ?? tokenizer.tokenId(SPECIAL_TOKENS[2]) },
      projection_dim: projectionDim,
    }),
    variant,
  );
  const { visual_projection } = dualEncoderVariants[variant];
  const encoder =
    weights === null
      ? createDualEncoder(config, random.split('dual encoder'))
      : loadDualEncoder(resolveFromRoot(weights), config, random.split('dual encoder'), visual_projection);
  const decoderConfig = depthDecoderConfigSchema.parse({ ...settings.depthDecoder, inputDim: vision.hidden_size });
  const decoder = Parameters.initialize(depthDecoderParameters(decoderConfig), random.split('depth decoder'));
  return { config, encoder, tokenizer, decoderConfig, decoder };
}

export function saveEgoDtm(folder: string, { config, encoder, decoderConfig, decoder }: EgoDtm): void {
  saveDualEncoder(folder, config, encoder);
  writeFileAtomic(join(folder, DECODER_CONFIG), `${JSON.stringify(decoderConfig, null, 2)}\n`);
  saveParameters(join(folder, DECODER_WEIGHTS), decoder);
}

/** What stage `depth-pretrain` left. */
export function openEgoDtm(folder: string): EgoDtm {
  const { config, parameters: encoder } = openDualEncoder(folder);
  const decoderConfig = depthDecoderConfigSchema.parse(readJsonFile(join(folder, DECODER_CONFIG)));
  const checkpoint = openCheckpoint(join(folder, DECODER_WEIGHTS));
  const decoder = loadParameters(depthDecoderParameters(decoderConfig), checkpoint);
  checkpoint.close();
  return { config, encoder, tokenizer: loadTokenizer(folder), decoderConfig, decoder };
}

/** Byte pairs of the captions, uncased as CLIP's. */
function learnTokenizer(captions: Iterable<string>, vocabSize: number, folder: string): void {
  const [pad, start, end] = SPECIAL_TOKENS;
  const words = Array.from(captions, (caption) => caption.toLowerCase());
  const json = trainBytePairs(words, { vocabSize, specialTokens: SPECIAL_TOKENS });
  const write = (name: string, value: object) =>
    writeFileAtomic(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  write('tokenizer.json', { ...json, normalizer: { type: 'Lowercase' } });
  write('tokenizer_config.json', { bos_token: start, eos_token: end, pad_token: pad });
}

function copyTokenizer(from: string, folder: string): void {
  for (const name of TOKENIZER_FILES.filter((file) => existsSync(join(from, file))))
    copyFileSync(join(from, name), join(folder, name));
}

function checkVocabulary({ vocabSize }: Tokenizer, expected: number, where: string): void {
  if (vocabSize > expected)
    throw new UserError({
      what: `the tokenizer has ${vocabSize} entries, more than egodtm-models.text.vocab_size, ${expected}`,
      where,
      mend: 'raise vocab_size to that of the weights, or name their tokenizer',
    });
}
