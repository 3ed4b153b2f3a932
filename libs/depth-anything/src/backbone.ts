import type { Tensor, Tensor2D } from '@tensorflow/tfjs-node-gpu';
import { attention, gelu, init, layerNorm, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Dinov2Config } from './config.ts';
import { resizeBicubic } from './resize.ts';

const normSpecs = (size: number): ParameterSpecs => ({
  weight: { shape: [size], init: init.ones() },
  bias: { shape: [size], init: init.zeros() },
});
const linearSpecs = (inputs: number, outputs: number, bias = true): ParameterSpecs => ({
  weight: { shape: [outputs, inputs], init: init.normal(0.02) },
  ...(bias ? { bias: { shape: [outputs], init: init.zeros() } } : {}),
});

/** Names and shapes of transformers' Dinov2Backbone; its `embeddings.mask_token` serves pretraining only and stays unread. */
export function dinov2Parameters(config: Dinov2Config): ParameterSpecs {
  const { hidden_size: hidden, mlp_ratio: ratio, patch_size: patch, num_channels: channels } = config;
  const numPositions = 1 + Math.floor(config.image_size / patch) ** 2;
  const scaleSpecs = { lambda1: { shape: [hidden], init: init.constant(config.layerscale_value) } };
  const block = {
    ...prefixed('norm1', normSpecs(hidden)),
    ...prefixed('attention.attention.query', linearSpecs(hidden, hidden, config.qkv_bias)),
    ...prefixed('attention.attention.key', linearSpecs(hidden, hidden, config.qkv_bias)),
    ...prefixed('attention.attention.value', linearSpecs(hidden, hidden, config.qkv_bias)),
    ...prefixed('attention.output.dense', linearSpecs(hidden, hidden)),
    ...prefixed('layer_scale1', scaleSpecs),
    ...prefixed('norm2', normSpecs(hidden)),
    ...prefixed('mlp.fc1', linearSpecs(hidden, Math.trunc(hidden * ratio))),
    ...prefixed('mlp.fc2', linearSpecs(Math.trunc(hidden * ratio), hidden)),
    ...prefixed('layer_scale2', scaleSpecs),
  };
  const blocks = Array.from({ length: config.num_hidden_layers }, (_, layer) =>
    prefixed(`encoder.layer.${layer}`, block),
  );
  return {
    'embeddings.cls_token': { shape: [1, 1, hidden], init: init.normal(0.02) },
    'embeddings.position_embeddings': { shape: [1, numPositions, hidden], init: init.normal(0.02) },
    'embeddings.patch_embeddings.projection.weight': {
      shape: [hidden, channels, patch, patch],
      init: init.normal(0.02),
    },
    'embeddings.patch_embeddings.projection.bias': { shape: [hidden], init: init.zeros() },
    ...(Object.assign({}, ...blocks) as ParameterSpecs),
    ...prefixed('layernorm', normSpecs(hidden)),
  };
}

/**
 * DINOv2's vision transformer (Oquab et al. 2023) as transformers' Dinov2Backbone: pre-norm blocks with layer scale.
 *
 * @param pixels normalised, `[image, height, width, 3]`, sides multiples of `patch_size`
 * @returns for each of `out_indices` the tokens, class token first, `[image, 1 + patch, hidden]`
 */
export function dinov2(p: Scope, config: Dinov2Config, pixels: Tensor): Tensor[] {
  let x = embeddings(p.scope('embeddings'), config, pixels);
  const states = [x];
  for (let layer = 0; layer < Math.max(...config.out_indices); layer++) {
    const input = x;
    x = tf.tidy(() => block(p.scope(`encoder.layer.${layer}`), config, input));
    states.push(x);
  }
  const norm = (state: Tensor) =>
    config.apply_layernorm ? layerNorm(p.scope('layernorm'), state, config.layer_norm_eps) : state;
  return config.out_indices.map((index) => norm(states[index]));
}

function embeddings(p: Scope, config: Dinov2Config, pixels: Tensor): Tensor {
  const { patch_size: patch, hidden_size: hidden, num_channels: channels } = config;
  const [images, height, width] = pixels.shape;
  if (height % patch !== 0 || width % patch !== 0)
    throw new Error(`dinov2: expected sides that are multiples of ${patch}, got [${pixels.shape}]`);
  const [rows, columns] = [height / patch, width / patch];
  const windows = tf.transpose(tf.reshape(pixels, [images, rows, patch, columns, patch, channels]), [0, 1, 3, 5, 2, 4]);
  const flat: Tensor2D = tf.reshape(windows, [images * rows * columns, channels * patch * patch]);
  const weight = p.get('patch_embeddings.projection.weight');
  const kernel: Tensor2D = tf.reshape(weight, [hidden, channels * patch * patch]);
  const projected = tf.add(tf.matMul(flat, kernel, false, true), p.get('patch_embeddings.projection.bias'));
  const patches = tf.reshape(projected, [images, rows * columns, hidden]);
  const tokens = tf.concat([tf.tile(p.get('cls_token'), [images, 1, 1]), patches], 1);
  return tf.add(tokens, positions(p.get('position_embeddings'), config, rows, columns));
}

/** The position table, interpolated when the grid isn't the one it was learned on: `[1, 1 + patch, hidden]`. */
function positions(
  table: Tensor,
  { image_size, patch_size, hidden_size: hidden }: Dinov2Config,
  rows: number,
  columns: number,
): Tensor {
  const side = Math.floor(image_size / patch_size);
  if (rows === side && columns === side) return table;
  const grid = tf.reshape(tf.slice(table, [0, 1, 0], [1, side * side, hidden]), [side, side, hidden]);
  const resized = tf.reshape(resizeBicubic(grid, rows, columns), [1, rows * columns, hidden]);
  return tf.concat([tf.slice(table, [0, 0, 0], [1, 1, hidden]), resized], 1);
}

function block(p: Scope, config: Dinov2Config, x: Tensor): Tensor {
  const { layer_norm_eps: eps } = config;
  const attended = selfAttention(p.scope('attention'), config, layerNorm(p.scope('norm1'), x, eps));
  x = tf.add(x, tf.mul(attended, p.get('layer_scale1.lambda1')));
  const hidden = gelu(linear(p.scope('mlp.fc1'), layerNorm(p.scope('norm2'), x, eps)));
  return tf.add(x, tf.mul(linear(p.scope('mlp.fc2'), hidden), p.get('layer_scale2.lambda1')));
}

function selfAttention(p: Scope, { num_attention_heads: heads }: Dinov2Config, x: Tensor): Tensor {
  const [batch, sequence, hidden] = x.shape;
  const split = (name: string) =>
    tf.reshape(linear(p.scope(`attention.${name}`), x), [batch, sequence, heads, hidden / heads]);
  const mixed = attention(split('query'), split('key'), split('value'), { mode: 'chunked' });
  return linear(p.scope('output.dense'), tf.reshape(mixed, x.shape));
}
