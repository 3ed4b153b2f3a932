import { init, type ParameterSpecs, prefixed } from '@egolab/nn';
import type { VslnetConfig } from './config.ts';

const norm = (dim: number): ParameterSpecs => ({
  weight: { shape: [dim], init: init.ones() },
  bias: { shape: [dim], init: init.zeros() },
});

const convolution = (inputs: number, outputs: number): ParameterSpecs => ({
  weight: { shape: [outputs, inputs, 1], init: init.xavierUniform() },
  bias: { shape: [outputs], init: init.zeros() },
});

/** The public code wraps every convolution in a module of its own. */
const wrapped = (inputs: number, outputs: number) => prefixed('conv1d', convolution(inputs, outputs));

function encoder({ dim, maxPositions, numConvolutions, kernelSize }: VslnetConfig): ParameterSpecs {
  const specs: ParameterSpecs = {
    'pos_embedding.position_embeddings.weight': { shape: [maxPositions, dim], init: init.normal(1) },
  };
  for (let i = 0; i < numConvolutions; i++) {
    const layer = `conv_block.depthwise_separable_conv.${i}`;
    specs[`${layer}.0.weight`] = { shape: [dim, 1, kernelSize], init: init.xavierUniform() };
    Object.assign(specs, prefixed(`${layer}.1`, convolution(dim, dim)));
    Object.assign(specs, prefixed(`conv_block.layer_norms.${i}`, norm(dim)));
  }
  for (const name of ['query', 'key', 'value', 'out_layer'])
    Object.assign(specs, prefixed(`attention_block.${name}`, wrapped(dim, dim)));
  for (const name of ['layer_norm1', 'layer_norm2'])
    Object.assign(specs, prefixed(`attention_block.${name}`, norm(dim)));
  return specs;
}

/** Parameters under the names of Ego4D's released VSLNet, without its frozen BERT. */
export function vslnetParameters(config: VslnetConfig): ParameterSpecs {
  const { dim, videoDim, queryDim } = config;
  const column = { shape: [dim, 1], init: init.xavierUniform() };
  return {
    ...prefixed('video_affine.linear', wrapped(videoDim, dim)),
    ...prefixed('feature_encoder', encoder(config)),
    'cq_attention.w4C': column,
    'cq_attention.w4Q': column,
    'cq_attention.w4mlu': { shape: [1, 1, dim], init: init.xavierUniform() },
    ...prefixed('cq_attention.cqa_linear', wrapped(4 * dim, dim)),
    'cq_concat.weighted_pool.weight': column,
    ...prefixed('cq_concat.conv1d', wrapped(2 * dim, dim)),
    ...prefixed('highlight_layer.conv1d', wrapped(dim, 1)),
    ...prefixed('predictor.encoder', encoder(config)),
    ...prefixed('predictor.start_layer_norm', norm(dim)),
    ...prefixed('predictor.end_layer_norm', norm(dim)),
    ...prefixed('predictor.start_block.0', wrapped(2 * dim, dim)),
    ...prefixed('predictor.start_block.2', wrapped(dim, 1)),
    ...prefixed('predictor.end_block.0', wrapped(2 * dim, dim)),
    ...prefixed('predictor.end_block.2', wrapped(dim, 1)),
    'query_affine.weight': { shape: [dim, queryDim], init: init.xavierUniform() },
    'query_affine.bias': { shape: [dim], init: init.zeros() },
  };
}
