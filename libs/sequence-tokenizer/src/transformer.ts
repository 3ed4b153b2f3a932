import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention, checkpointed, gelu, layerNorm, linear, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { SequenceTokenizerConfig } from './config.ts';

const EPSILON = 1e-6;

export interface TransformerOptions {
  /** Recompute each block in the backward pass instead of keeping its activations. */
  gradientCheckpointing?: boolean;
}

/**
 * Pre-norm transformer blocks over all tokens of a clip, then x + MLP_tanh(LN(x)).
 *
 * @param p scope holding `blocks.N`, `norm_mlp` and `post_mlp`
 * @param x `[batch, token, dim]`; sine-cosine positions are added here
 * @returns `[batch, token, dim]`
 */
export function transformer(
  p: Scope,
  config: SequenceTokenizerConfig,
  x: Tensor,
  { gradientCheckpointing = false }: TransformerOptions = {},
): Tensor {
  let y: Tensor = tf.add(x, positions(x.shape[1]!, config.dim));
  for (let i = 0; i < config.depth; i++) {
    const run = (input: Tensor) => tf.tidy(() => block(p.scope(`blocks.${i}`), config.numHeads, input));
    y = gradientCheckpointing ? checkpointed(run, [y]) : run(y);
  }
  return tf.add(y, mlp(p.scope('post_mlp'), tf.tanh, layerNorm(p.scope('norm_mlp'), y, EPSILON)));
}

/**
 * Sine-cosine positions, blocked: sines in the first half of the channels, cosines in the second, w_k = 10000^(-k / (dim / 2)).
 *
 * @returns `[token, dim]`
 */
export function positions(tokens: number, dim: number): Tensor {
  const half = dim / 2;
  const rows = Array.from({ length: tokens }, (_, position) => {
    const angles = Array.from({ length: half }, (_, k) => position * 10000 ** (-k / half));
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  });
  return tf.tensor2d(rows, [tokens, dim]);
}

function block(p: Scope, numHeads: number, x: Tensor): Tensor {
  const y = tf.add(x, selfAttention(p.scope('attn'), numHeads, layerNorm(p.scope('norm1'), x, EPSILON)));
  return tf.add(y, mlp(p.scope('mlp'), gelu, layerNorm(p.scope('norm2'), y, EPSILON)));
}

function selfAttention(p: Scope, numHeads: number, x: Tensor): Tensor {
  const [batch, tokens, dim] = x.shape;
  const qkv = tf.reshape(linear(p.scope('qkv'), x), [batch, tokens, 3, numHeads, dim / numHeads]);
  const [q, k, v] = tf.unstack(qkv, 2);
  return linear(p.scope('proj'), tf.reshape(attention(q, k, v), x.shape));
}

function mlp(p: Scope, activation: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return linear(p.scope('fc2'), activation(linear(p.scope('fc1'), x)));
}
