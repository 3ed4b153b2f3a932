import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention, conv2d, init, layerNorm, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { keyScales } from './config.ts';
import type { DepthDecoderConfig } from './config.ts';
import { depthOf, depthHeadParameters } from './heads.ts';
import { featurePyramid, pyramidParameters } from './pyramid.ts';

const linearSpecs = (inputs: number, outputs: number, weight = init.xavierUniform()): ParameterSpecs => ({
  weight: { shape: [outputs, inputs], init: weight },
  bias: { shape: [outputs], init: init.zeros() },
});

const normSpecs = (size: number): ParameterSpecs => ({
  weight: { shape: [size], init: init.ones() },
  bias: { shape: [size], init: init.zeros() },
});

/** torch.nn.MultiheadAttention: query, key and value projections in one matrix. */
const attentionSpecs = (size: number): ParameterSpecs => ({
  in_proj_weight: { shape: [3 * size, size], init: init.xavierUniform() },
  in_proj_bias: { shape: [3 * size], init: init.zeros() },
  ...prefixed('out_proj', linearSpecs(size, size)),
});

/** Parameters of the decoder, named as in the released code, whose modules are those of Mask2Former. */
export function depthDecoderParameters(config: DepthDecoderConfig): ParameterSpecs {
  const { inputDim, hiddenDim: hidden, ffnDim, numLayers, numQueries } = config;
  const layers = Array.from({ length: numLayers }, (_, layer) =>
    prefixed('decoder', {
      ...prefixed(`transformer_cross_attention_layers.${layer}`, {
        ...prefixed('multihead_attn', attentionSpecs(hidden)),
        ...prefixed('norm', normSpecs(hidden)),
      }),
      ...prefixed(`transformer_self_attention_layers.${layer}`, {
        ...prefixed('self_attn', attentionSpecs(hidden)),
        ...prefixed('norm', normSpecs(hidden)),
      }),
      ...prefixed(`transformer_ffn_layers.${layer}`, {
        ...prefixed('linear1', linearSpecs(hidden, ffnDim)),
        ...prefixed('linear2', linearSpecs(ffnDim, hidden)),
        ...prefixed('norm', normSpecs(hidden)),
      }),
    }),
  );
  return Object.assign(
    {
      ...prefixed('input_proj', linearSpecs(inputDim, hidden, init.kaimingUniform())),
      ...prefixed('fpn', pyramidParameters(config)),
      'mask_features.weight': { shape: [hidden, hidden, 1, 1], init: init.kaimingUniform(1) },
      'mask_features.bias': { shape: [hidden], init: init.zeros() },
      'decoder.query_feat.weight': { shape: [numQueries, hidden], init: init.normal(1) },
      'decoder.query_embed.weight': { shape: [numQueries, hidden], init: init.normal(1) },
    },
    ...layers,
    prefixed('decoder', depthHeadParameters(hidden)),
  ) as ParameterSpecs;
}

export interface DepthPrediction {
  /** inverse depth in [0, 1]: `[batch, time, height, width]`, height and width m times those of the patch grid */
  readonly depth: Tensor;
  /** c of equation 2, increasing: `[batch, query]` */
  readonly centres: Tensor;
}

/**
 * The 3D-aware decoder (section 3.2): patch tokens of any number of frames to depth maps.
 *
 * @param p scope holding `input_proj`, `fpn`, `mask_features` and `decoder`
 * @param patches v_Z, `[batch, time, height, width, inputDim]`
 */
export function depthDecoder(p: Scope, config: DepthDecoderConfig, patches: Tensor): DepthPrediction {
  const { hiddenDim: hidden, inputDim } = config;
  const [batch, time, height, width, channels] = patches.shape;
  if (patches.rank !== 5 || channels !== inputDim)
    throw new Error(`depthDecoder: expected patches [batch, time, height, width, ${inputDim}], got [${patches.shape}]`);
  const projected = linear(p.scope('input_proj'), tf.reshape(patches, [batch * time, height, width, inputDim]));
  const pyramid = featurePyramid(p.scope('fpn'), config, projected);
  const keys = keyScales(config).map((scale) =>
    tf.reshape(pyramid.get(scale)!, [batch, time * height * width * scale * scale, hidden]),
  );
  const depthAware = queryDecoder(p.scope('decoder'), config, keys.length === 1 ? keys[0] : tf.concat(keys, 1));
  const { scale } = config;
  const features = tf.reshape(conv2d(p.scope('mask_features'), pyramid.get(scale)!), [
    batch,
    time * height * width * scale * scale,
    hidden,
  ]);
  const { depth, centres } = depthOf(p.scope('decoder'), depthAware, features);
  return { depth: tf.reshape(depth, [batch, time, scale * height, scale * width]), centres };
}

/**
 * Depth queries to depth-aware representations Z: in each layer cross-attention to the maps, self-attention and a
 * feed-forward network, with the norm after each (Carion et al. 2020; Cheng et al. 2022). Keys have no position.
 *
 * @param memory `[batch, key, hidden]`
 * @returns `[batch, query, hidden]`
 */
function queryDecoder(p: Scope, config: DepthDecoderConfig, memory: Tensor): Tensor {
  const { hiddenDim: hidden, numHeads: heads, numLayers, numQueries: queries, positionInValues } = config;
  const [batch] = memory.shape;
  const perClip = (name: string) => tf.tile(tf.reshape(p.get(name), [1, queries, hidden]), [batch, 1, 1]);
  const position = perClip('query_embed.weight');
  let z = perClip('query_feat.weight');
  for (let layer = 0; layer < numLayers; layer++) {
    const cross = p.scope(`transformer_cross_attention_layers.${layer}`);
    const toMaps = multiheadAttention(cross.scope('multihead_attn'), heads, tf.add(z, position), memory, memory);
    z = layerNorm(cross.scope('norm'), tf.add(z, toMaps));
    const self = p.scope(`transformer_self_attention_layers.${layer}`);
    const positioned = tf.add(z, position);
    const values = positionInValues ? positioned : z;
    const toQueries = multiheadAttention(self.scope('self_attn'), heads, positioned, positioned, values);
    z = layerNorm(self.scope('norm'), tf.add(z, toQueries));
    const ffn = p.scope(`transformer_ffn_layers.${layer}`);
    const inner = tf.relu(linear(ffn.scope('linear1'), z));
    z = layerNorm(ffn.scope('norm'), tf.add(z, linear(ffn.scope('linear2'), inner)));
  }
  return z;
}

/** torch.nn.MultiheadAttention, batch first, without dropout. */
function multiheadAttention(p: Scope, heads: number, query: Tensor, key: Tensor, value: Tensor): Tensor {
  const [batch, , hidden] = query.shape;
  const [q, k, v] = [query, key, value].map((x, part) => {
    const weight = tf.slice(p.get('in_proj_weight'), [part * hidden, 0], [hidden, hidden]);
    const bias = tf.slice(p.get('in_proj_bias'), [part * hidden], [hidden]);
    const y = linear(scopeOf({ weight, bias }), x);
    return tf.reshape(y, [batch, x.shape[1]!, heads, hidden / heads]);
  });
  return linear(p.scope('out_proj'), tf.reshape(attention(q, k, v), query.shape));
}

/** Tensors as a layer reads its parameters. */
function scopeOf(tensors: Record<string, Tensor>): Scope {
  return {
    get: (name) => tensors[name],
    has: (name) => name in tensors,
    scope: () => scopeOf({}),
  };
}
