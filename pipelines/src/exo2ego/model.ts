import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { loadParameters, openCheckpoint, saveParameters } from '@egolab/checkpoints';
import { readJsonFile, writeFileAtomic, type Random } from '@egolab/foundation';
import { loadLanguageModel, type LanguageModel } from '@egolab/language-model';
import type { Parameters } from '@egolab/nn';
import {
  connectorPrefix,
  initializeVisionSide,
  PREFIX,
  videoLlm,
  visionSideParameters,
  withChatFormat,
  type VideoLlm,
  type VideoLlmConfig,
  type View,
} from '@egolab/video-llm';
import { workspace } from '../workspace.ts';
import type { ModelsSettings } from './settings.ts';

/** An assembled model with the parameters that it reads; `dispose` frees them. */
export interface Exo2Ego {
  model: VideoLlm;
  /** towers, connector, F and G */
  vision: Parameters;
  language: LanguageModel;
  dispose(): void;
}

/** Where the frozen language model is that stage `text-model` refers to: its own, or a given one. */
export function languageModelPath(textModel: string): string {
  const { path } = readJsonFile(join(textModel, 'language-model.json')) as { path: string };
  return path === 'model' ? join(textModel, path) : resolve(workspace.root, path);
}

/** The model before any training: released weights where they are given, random ones elsewhere. */
export function createExo2Ego(settings: ModelsSettings, languageModel: string, random: Random): Exo2Ego {
  const weights = {
    clip: settings.visionWeights ?? undefined,
    videoLlama2: settings.connectorWeights ?? undefined,
  };
  return assemble(settings, languageModel, (config) =>
    initializeVisionSide(config, weights, random.split('vision side')),
  );
}

/**
 * The model as stages left it.
 *
 * @param student folder of the stage whose egocentric encoder, connector, F and G are read
 * @param teacher folder of the stage whose exocentric encoder is read; default the same
 */
export function loadExo2Ego(
  settings: ModelsSettings,
  languageModel: string,
  student: string,
  teacher = student,
): Exo2Ego {
  return assemble(settings, languageModel, (config) => {
    const specs = visionSideParameters(config);
    const vision = read(specs, student);
    if (teacher !== student) assignPrefix(vision, PREFIX.towers.exo, read(specs, teacher));
    return vision;
  });
}

function read(specs: ReturnType<typeof visionSideParameters>, folder: string): Parameters {
  const checkpoint = openCheckpoint(join(folder, 'model.safetensors'));
  try {
    return loadParameters(specs, checkpoint);
  } finally {
    checkpoint.close();
  }
}

function assemble(
  settings: ModelsSettings,
  languageModel: string,
  makeVision: (config: VideoLlmConfig) => Parameters,
): Exo2Ego {
  const loaded = loadLanguageModel(languageModel);
  const language = { ...loaded, tokenizer: withChatFormat(loaded.tokenizer, settings.languageModel.chatFormat) };
  const { vision: visionConfig, connector, connectors, mapping, concatenation } = settings;
  const config: VideoLlmConfig = {
    vision: visionConfig,
    connector,
    connectors,
    mapping,
    concatenation,
    languageModel: language.config,
  };
  const vision = makeVision(config);
  return {
    model: videoLlm(config, vision, language.parameters),
    vision,
    language,
    dispose() {
      vision.dispose();
      language.parameters.dispose();
    },
  };
}

/** Copy every parameter below `prefix`, and dispose the source. */
function assignPrefix(target: Parameters, prefix: string, source: Parameters): void {
  for (const name of target.names().filter((each) => each.startsWith(`${prefix}.`))) {
    target.assign(name, source.get(name).dataSync<'float32'>());
  }
  source.dispose();
}

/** Give one view's encoder, and the connector behind it where each has its own, the weights of the other view's. */
export function copyEncoder({ model, vision }: Exo2Ego, from: View, to: View): void {
  const prefixes = [PREFIX.towers, { exo: connectorPrefix(model.config, 'exo'), ego: connectorPrefix(model.config, 'ego') }]; // prettier-ignore
  for (const prefix of prefixes) {
    for (const name of vision.names().filter((each) => each.startsWith(`${prefix[from]}.`)))
      vision.assign(prefix[to] + name.slice(prefix[from].length), vision.get(name).dataSync<'float32'>());
  }
}

/** `model.safetensors` and what is needed to open it again (`egolab ask`). */
export function saveExo2Ego(
  folder: string,
  { vision }: Exo2Ego,
  settings: ModelsSettings,
  languageModel: string,
): void {
  saveParameters(join(folder, 'model.safetensors'), vision);
  writeFileAtomic(
    join(folder, 'model.json'),
    `${JSON.stringify({ models: settings, languageModel: relative(folder, languageModel) }, null, 2)}\n`,
  );
}

/** Folder of the LoRA adapter that stage 3 leaves, if this stage left one. */
export function adapterFolder(stageFolder: string): string | undefined {
  const folder = join(stageFolder, 'adapter');
  return existsSync(join(folder, 'adapter_config.json')) ? folder : undefined;
}
