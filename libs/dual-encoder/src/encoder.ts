import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention, checkpointed, gelu, init, layerNorm, linear, prefixed, quickGelu } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';

/** What the two towers' transformers share. */
export interface EncoderConfig {
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  hidden_act: 'quick_gelu' | 'gelu';
  layer_norm_eps: number;
}

export interface EncoderOptions {
  /** Recompute each block in the backward pass instead of keeping its activations. */
  gradientCheckpointing?: boolean;
  /** 'chunked' keeps no [heads, query, key] tensor for the backward pass. */
  attention?: 'full' | 'chunked';
}

/** Scale and shift of a layer norm. */
export function layerNormSpecs(size: number): ParameterSpecs {
  return { weight: { shape: [size], init: init.ones() }, bias: { shape: [size], init: init.zeros() } };
}

function linearSpecs(inputs: number, outputs: number, std: number): ParameterSpecs {
  return {
    weight: { shape: [outputs, inputs], init: init.normal(std) },
    bias: { shape: [outputs], init: init.zeros() },
  };
}

/** Parameters of blocks 0 .. numLayers - 1, initialised as transformers' CLIPPreTrainedModel does. */
export function encoderParameters(config: EncoderConfig, numLayers = config.num_hidden_layers): ParameterSpecs {
  const { hidden_size: hidden, intermediate_size: intermediate } = config;
  const residual = (2 * config.num_hidden_layers) ** -0.5;
  const block = {
    ...prefixed('layer_norm1', layerNormSpecs(hidden)),
    ...prefixed('self_attn.q_proj', linearSpecs(hidden, hidden, hidden ** -0.5 * residual)),
    ...prefixed('self_attn.k_proj', linearSpecs(hidden, hidden, hidden ** -0.5 * residual)),
    ...prefixed('self_attn.v_proj', linearSpecs(hidden, hidden, hidden ** -0.5 * residual)),
    ...prefixed('self_attn.out_proj', linearSpecs(hidden, hidden, hidden ** -0.5)),
    ...prefixed('layer_norm2', layerNormSpecs(hidden)),
    ...prefixed('mlp.fc1', linearSpecs(hidden, intermediate, (2 * hidden) ** -0.5)),
    ...prefixed('mlp.fc2', linearSpecs(intermediate, hidden, hidden ** -0.5 * residual)),
  };
  const layers = Array.from({ length: numLayers }, (_, layer) => prefixed(`layers.${layer}`, block));
  return Object.assign({}, ...layers) as ParameterSpecs;
}

/**
 * Pre-norm transformer blocks 0 .. numLayers - 1.
 *
 * @param p scope holding `layers.N`
 * @param x `[batch, sequence, hidden]`
 * @returns `[batch, sequence, hidden]`, without a final norm
 */
export function encoder(
  p: Scope,
  config: EncoderConfig,
  x: Tensor,
  {
    gradientCheckpointing = false,
    attention: mode = 'full',
    causal = false,
    numLayers = config.num_hidden_layers,
  }: EncoderOptions & { causal?: boolean; numLayers?: number } = {},
): Tensor {
  for (let layer = 0; layer < numLayers; layer++) {
    const block = (input: Tensor) =>
      tf.tidy(() => encoderBlock(p.scope(`layers.${layer}`), config, input, mode, causal));
    x = gradientCheckpointing ? checkpointed(block, [x]) : block(x);
  }
  return x;
}

function encoderBlock(p: Scope, config: EncoderConfig, x: Tensor, mode: 'full' | 'chunked', causal: boolean): Tensor {
  const { num_attention_heads: heads, layer_norm_eps: eps } = config;
  x = tf.add(x, selfAttention(p.scope('self_attn'), layerNorm(p.scope('layer_norm1'), x, eps), heads, mode, causal));
  return tf.add(x, mlp(p.scope('mlp'), config, layerNorm(p.scope('layer_norm2'), x, eps)));
}

function selfAttention(p: Scope, x: Tensor, heads: number, mode: 'full' | 'chunked', causal: boolean): Tensor {
  const [batch, sequence, hidden] = x.shape;
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) =>
    tf.reshape(linear(p.scope(name), x), [batch, sequence, heads, hidden / heads]),
  );
  const mixed = attention(q, k, v, { mode, causal });
  return linear(p.scope('out_proj'), tf.reshape(mixed, x.shape));
}

function mlp(p: Scope, config: EncoderConfig, x: Tensor): Tensor {
  const activation = config.hidden_act === 'quick_gelu' ? quickGelu : gelu;
  return linear(p.scope('fc2'), activation(linear(p.scope('fc1'), x)));
}
