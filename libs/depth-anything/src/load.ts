import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import type { Parameters } from '@egolab/nn';
import { type DepthAnythingConfig, type ProcessorConfig, readConfigs } from './config.ts';
import { depthAnythingParameters } from './depth-anything.ts';

/** A loaded Depth Anything V2; the caller disposes its parameters. */
export interface DepthAnythingModel {
  readonly config: DepthAnythingConfig;
  readonly processor: ProcessorConfig;
  readonly parameters: Parameters;
}

/**
 * Load a Depth-Anything-V2 folder in Hugging Face format (`config.json`, `model.safetensors`, `preprocessor_config.json`).
 * @throws UserError when a file is missing or damaged, or a tensor is missing, extra or of another shape
 */
export function loadDepthAnything(folder: string): DepthAnythingModel {
  const { config, processor } = readConfigs(folder);
  const checkpoint = openCheckpoint(folder);
  try {
    const parameters = loadParameters(depthAnythingParameters(config), checkpoint, {
      ignoreExtra: /^backbone\.embeddings\.mask_token$/,
    });
    return { config, processor, parameters };
  } finally {
    checkpoint.close();
  }
}
