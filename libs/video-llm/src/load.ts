import { loadParameters, openCheckpoint } from '@egolab/checkpoints';
import { loadClipVision } from '@egolab/dual-encoder';
import type { Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import type { VideoLlmConfig } from './config.ts';
import { connectorParameters } from './connector/index.ts';
import { connectorPrefix, PREFIX, visionSideParameters } from './model.ts';

/** Released weights that the vision side may start from. */
export interface VisionSideWeights {
  /** folder of a CLIPModel or CLIPVisionModel in Hugging Face format: both towers start from it */
  clip?: string;
  /** a VideoLLaMA2 checkpoint, of which `model.mm_projector.*` is read */
  videoLlama2?: string;
}

/**
 * Towers, connectors and mappings as they are before any training: from released weights where given, else drawn.
 *
 * @throws UserError naming every tensor of a checkpoint that is missing, extra or of another shape than the configuration says
 */
export function initializeVisionSide(config: VideoLlmConfig, weights: VisionSideWeights, random: Random): Parameters {
  const specs = visionSideParameters(config);
  const sources: { prefix: string; from: Parameters }[] = [];
  if (weights.clip !== undefined) {
    const { parameters: from } = loadClipVision(weights.clip, 'penultimate-patches', config.vision);
    for (const prefix of Object.values(PREFIX.towers)) sources.push({ prefix, from });
  }
  if (weights.videoLlama2 !== undefined) {
    const from = loadConnector(config, weights.videoLlama2);
    for (const prefix of new Set([connectorPrefix(config, 'ego'), connectorPrefix(config, 'exo')]))
      sources.push({ prefix, from });
  }
  try {
    return Parameters.read(specs, (name, shape) => {
      const source = sources.find(({ prefix }) => name.startsWith(`${prefix}.`));
      if (!source) return specs[name].init(shape, random.split(name));
      return source.from.get(name.slice(source.prefix.length + 1)).dataSync<'float32'>();
    });
  } finally {
    for (const from of new Set(sources.map((source) => source.from))) from.dispose();
  }
}

function loadConnector(config: VideoLlmConfig, path: string): Parameters {
  const checkpoint = openCheckpoint(path);
  try {
    const widths = { vision: config.vision.hidden_size, language: config.languageModel.hidden_size };
    return loadParameters(connectorParameters(config.connector, widths), checkpoint, { prefix: 'model.mm_projector' });
  } finally {
    checkpoint.close();
  }
}
