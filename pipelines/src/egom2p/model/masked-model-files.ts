import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { loadParameters, openCheckpoint, saveParameters } from '@egolab/checkpoints';
import { readJsonFile, UserError, writeFileAtomic, type Random } from '@egolab/foundation';
import {
  EXTRA_IN_RELEASE,
  MaskedModel,
  type MaskedModelConfig,
  maskedModelConfigSchema,
  maskedModelParameters,
} from '@egolab/masked-model';
import { Parameters } from '@egolab/nn';

/** Folders of the stages whose tokenizers made the tokens. */
export interface TokenizerFolders {
  camera: string;
  gaze: string;
  video: string;
}

/** A masked model with its weights; `dispose` frees both. */
export interface TrainableMaskedModel {
  model: MaskedModel;
  parameters: Parameters;
  dispose(): void;
}

export function createMaskedModel(config: MaskedModelConfig, random: Random): TrainableMaskedModel {
  return assemble(config, Parameters.initialize(maskedModelParameters(config), random));
}

function assemble(config: MaskedModelConfig, parameters: Parameters): TrainableMaskedModel {
  const model = new MaskedModel(config, parameters);
  return {
    model,
    parameters,
    dispose() {
      model.dispose();
      parameters.dispose();
    },
  };
}

/** Write `model.safetensors` and `model.json`, which says what opens it again. */
export function saveMaskedModel(
  folder: string,
  { model, parameters }: TrainableMaskedModel,
  tokenizers: TokenizerFolders,
): void {
  const places = Object.entries(tokenizers).map(([name, path]) => [name, relative(folder, path)]);
  saveParameters(join(folder, 'model.safetensors'), parameters);
  writeFileAtomic(
    join(folder, 'model.json'),
    `${JSON.stringify({ maskedModel: model.config, tokenizers: Object.fromEntries(places) }, null, 2)}\n`,
  );
}

const description = z.strictObject({
  maskedModel: maskedModelConfigSchema,
  tokenizers: z.strictObject({ camera: z.string(), gaze: z.string(), video: z.string() }),
});

export interface SavedMaskedModel extends TrainableMaskedModel {
  tokenizers: TokenizerFolders;
}

/**
 * What {@link saveMaskedModel} wrote; the weights may be the release's, as safetensors under its names.
 * @throws UserError for a folder of something else
 */
export function loadMaskedModel(folder: string): SavedMaskedModel {
  const mend = 'name the folder of a finished stage masked-pretrain or post-train';
  const path = join(folder, 'model.json');
  const parsed = description.safeParse(readJsonFile(path, mend));
  if (!parsed.success)
    throw new UserError({
      what: `not the description of a masked model: ${z.prettifyError(parsed.error)}`,
      where: path,
      mend,
    });
  const { maskedModel: config, tokenizers } = parsed.data;
  const checkpoint = openCheckpoint(join(folder, 'model.safetensors'));
  try {
    const parameters = loadParameters(maskedModelParameters(config), checkpoint, { ignoreExtra: EXTRA_IN_RELEASE });
    const places = Object.entries(tokenizers).map(([name, place]) => [name, resolve(folder, place)]);
    return { ...assemble(config, parameters), tokenizers: Object.fromEntries(places) as unknown as TokenizerFolders };
  } finally {
    checkpoint.close();
  }
}
