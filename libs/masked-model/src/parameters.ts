import { init, type Initializer, type ParameterSpecs, prefixed } from '@egolab/nn';
import type { MaskedModelConfig } from './config.ts';
import { modalityNames } from './modalities.ts';

/** 4M's standard deviation of output layers and of the mask token. */
const OUTPUT_STD = 0.02;

/**
 * What the release's checkpoints hold beside the parameters: fixed positions, the zero biases of its layer norms, and second names of
 * tied tensors (the modality embeddings and the output layers of the decoder).
 */
export const EXTRA_IN_RELEASE =
  /\.pos_emb$|(norm|norm1|norm2)\.bias$|^decoder_embeddings\.[^.]+\.(mod_emb|to_logits\.weight)$/;

function matrix(inputs: number, outputs: number, weight: Initializer = init.xavierUniform()): ParameterSpecs {
  return { weight: { shape: [outputs, inputs], init: weight } };
}

/** Several matrices in one are initialised as the ones that they are: bound = sqrt(6 / (rows / parts + columns)). */
const stackedMatrices =
  (parts: number): Initializer =>
  (shape, random) =>
    init.uniform(Math.sqrt(6 / (shape[0] / parts + shape[1])))(shape, random);

const norm = (dim: number): ParameterSpecs => ({ weight: { shape: [dim], init: init.ones() } });

const selfAttention = (dim: number): ParameterSpecs => ({
  ...prefixed('qkv', matrix(dim, 3 * dim, stackedMatrices(3))),
  ...prefixed('proj', matrix(dim, dim)),
});

const crossAttention = (dim: number): ParameterSpecs => ({
  ...prefixed('q', matrix(dim, dim)),
  ...prefixed('kv', matrix(dim, 2 * dim, stackedMatrices(2))),
  ...prefixed('proj', matrix(dim, dim)),
});

/** int(2/3 dim mlpRatio): SwiGLU has a third matrix. */
function gatedMlp({ dim, mlpRatio }: MaskedModelConfig): ParameterSpecs {
  const hidden = Math.floor((2 * Math.floor(dim * mlpRatio)) / 3);
  return {
    ...prefixed('fc1', matrix(dim, hidden)),
    ...prefixed('fc2', matrix(hidden, dim)),
    ...prefixed('fc3', matrix(dim, hidden)),
  };
}

function encoderBlock(config: MaskedModelConfig): ParameterSpecs {
  return {
    ...prefixed('norm1', norm(config.dim)),
    ...prefixed('attn', selfAttention(config.dim)),
    ...prefixed('norm2', norm(config.dim)),
    ...prefixed('mlp', gatedMlp(config)),
  };
}

function decoderBlock(config: MaskedModelConfig): ParameterSpecs {
  return {
    ...prefixed('norm1', norm(config.dim)),
    ...prefixed('self_attn', selfAttention(config.dim)),
    ...prefixed('cross_attn', crossAttention(config.dim)),
    ...prefixed('query_norm', norm(config.dim)),
    ...prefixed('context_norm', norm(config.dim)),
    ...prefixed('norm2', norm(config.dim)),
    ...prefixed('mlp', gatedMlp(config)),
  };
}

const layers = (prefix: string, depth: number, block: ParameterSpecs): ParameterSpecs =>
  Object.assign({}, ...Array.from({ length: depth }, (_, i) => prefixed(`${prefix}.${i}`, block)));

/**
 * Parameters under the release's names. The modality embeddings are shared by encoder and decoder, and the decoder's token embeddings
 * are its output layers; each is held once, under the name given here.
 */
export function maskedModelParameters(config: MaskedModelConfig): ParameterSpecs {
  const { dim, modalities } = config;
  const [embedding, output] = [init.normal(config.embeddingStd), init.normal(OUTPUT_STD)];
  const embeddings = modalityNames(modalities).map((name) => {
    const shape = [modalities[name].vocabularySize, dim];
    return {
      [`encoder_embeddings.${name}.token_emb.weight`]: { shape, init: embedding },
      [`encoder_embeddings.${name}.mod_emb`]: { shape: [1, 1, dim], init: embedding },
      [`decoder_embeddings.${name}.token_emb.weight`]: { shape, init: output },
    };
  });
  return {
    ...(Object.assign({}, ...embeddings) as ParameterSpecs),
    mask_token: { shape: [1, 1, dim], init: output },
    ...layers('encoder', config.encoderDepth, encoderBlock(config)),
    ...prefixed('encoder_norm', norm(dim)),
    'decoder_proj_context.weight': { shape: [dim, dim], init: init.xavierUniform() },
    'decoder_proj_context.bias': { shape: [dim], init: init.zeros() },
    ...layers('decoder', config.decoderDepth, decoderBlock(config)),
    ...prefixed('decoder_norm', norm(dim)),
  };
}
