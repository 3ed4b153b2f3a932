import { init, prefixed, type Initializer, type ParameterSpecs } from '@egolab/nn';
import { checkConfig, numChannels, type SequenceTokenizerConfig } from './config.ts';

/** Where the codebook is; it is state and takes no gradient. */
export const CODEBOOK = 'quantize._codebook';

/** What the release's checkpoints hold beside the parameters: fixed position embeddings, and whether k-means has been run. */
export const FIXED_IN_RELEASE = /^(encoder|decoder)\.position_embeddings$|^quantize\._codebook\.initted$/;

/** A row drawn by `initializer`, normalised to unit length. */
const unitRows =
  (initializer: Initializer): Initializer =>
  (shape, random) => {
    const values = initializer(shape, random);
    const width = shape[1];
    for (let start = 0; start < values.length; start += width) {
      const row = values.subarray(start, start + width);
      const length = Math.hypot(...row);
      row.forEach((value, i) => (row[i] = value / length));
    }
    return values;
  };

/** Query, key and value stand in one matrix and are initialised as three: bound = sqrt(6 / (rows / 3 + columns)). */
const threeMatrices: Initializer = (shape, random) =>
  init.uniform(Math.sqrt(6 / (shape[0] / 3 + shape[1])))(shape, random);

function linearSpecs(inputs: number, outputs: number, weight: Initializer = init.xavierUniform()): ParameterSpecs {
  return { weight: { shape: [outputs, inputs], init: weight }, bias: { shape: [outputs], init: init.zeros() } };
}

/** torch.nn.Conv1d with its own bias. */
function convolutionSpecs(inputs: number, outputs: number, kernel: number, weight: Initializer): ParameterSpecs {
  const bound = (inputs * kernel) ** -0.5;
  return {
    weight: { shape: [outputs, inputs, kernel], init: weight },
    bias: { shape: [outputs], init: init.uniform(bound) },
  };
}

function layerNormSpecs(dim: number): ParameterSpecs {
  return { weight: { shape: [dim], init: init.ones() }, bias: { shape: [dim], init: init.zeros() } };
}

function mlpSpecs(dim: number, mlpRatio: number): ParameterSpecs {
  const hidden = Math.floor(dim * mlpRatio);
  return { ...prefixed('fc1', linearSpecs(dim, hidden)), ...prefixed('fc2', linearSpecs(hidden, dim)) };
}

/** `blocks.N`, then `norm_mlp` and `post_mlp`: what encoder and decoder share. */
function transformerSpecs({ dim, depth, mlpRatio }: SequenceTokenizerConfig): ParameterSpecs {
  const block = {
    ...prefixed('norm1', layerNormSpecs(dim)),
    ...prefixed('attn.qkv', linearSpecs(dim, 3 * dim, threeMatrices)),
    ...prefixed('attn.proj', linearSpecs(dim, dim)),
    ...prefixed('norm2', layerNormSpecs(dim)),
    ...prefixed('mlp', mlpSpecs(dim, mlpRatio)),
  };
  const blocks = Array.from({ length: depth }, (_, i) => prefixed(`blocks.${i}`, block));
  return {
    ...(Object.assign({}, ...blocks) as ParameterSpecs),
    ...prefixed('norm_mlp', layerNormSpecs(dim)),
    ...prefixed('post_mlp', mlpSpecs(dim, mlpRatio)),
  };
}

/** Parameters and codebook under the release's names, initialised as there. */
export function sequenceTokenizerParameters(config: SequenceTokenizerConfig): ParameterSpecs {
  checkConfig(config);
  const { dim, latentDim, codebookSize, temporalCompression } = config;
  const channels = numChannels(config);
  return {
    ...prefixed('encoder.conv', convolutionSpecs(channels, dim, temporalCompression, init.xavierUniform())),
    ...prefixed('encoder', transformerSpecs(config)),
    ...prefixed('quant_proj', convolutionSpecs(dim, latentDim, 1, init.kaimingUniform())),
    [`${CODEBOOK}.embed`]: { shape: [codebookSize, latentDim], init: unitRows(init.uniform(1)) },
    [`${CODEBOOK}.cluster_size`]: { shape: [codebookSize], init: init.zeros() },
    ...prefixed('post_quant_proj', convolutionSpecs(latentDim, dim, 1, init.kaimingUniform())),
    ...prefixed('decoder', transformerSpecs(config)),
    ...prefixed('decoder.out_proj', linearSpecs(dim, channels * temporalCompression)),
  };
}
