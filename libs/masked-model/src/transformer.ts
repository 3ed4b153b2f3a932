import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention, layerNorm, linear, type Scope, swiglu } from '@egolab/nn';
import { tf } from '@egolab/runtime';

const EPSILON = 1e-6;

/** What a block needs beside its input. */
export interface BlockOptions {
  numHeads: number;
  /** 'chunked' keeps no `[query, key]` probabilities for the backward pass. */
  attention: 'full' | 'chunked';
}

/**
 * One encoder block of 4M: pre-norm self-attention and SwiGLU, without biases.
 *
 * @param x `[batch, token, dim]`
 * @param visible bool `[batch, token]`: padding is false
 */
export function encoderBlock(p: Scope, x: Tensor, visible: Tensor, options: BlockOptions): Tensor {
  const y = tf.add(x, selfAttention(p.scope('attn'), norm(p.scope('norm1'), x), visible, options));
  return tf.add(y, gatedMlp(p.scope('mlp'), norm(p.scope('norm2'), y)));
}

/**
 * One decoder block of 4M: self-attention, cross-attention, SwiGLU.
 *
 * @param x `[batch, query, dim]`
 * @param context `[batch, key, dim]`
 * @param masks `self` bool `[batch, 1, query, query]`, `cross` bool `[batch, key]`: an empty context says nothing, attention gives zeros
 */
export function decoderBlock(
  p: Scope,
  x: Tensor,
  context: Tensor,
  masks: { self: Tensor; cross: Tensor },
  options: BlockOptions,
): Tensor {
  const y = tf.add(x, selfAttention(p.scope('self_attn'), norm(p.scope('norm1'), x), masks.self, options));
  const [query, key] = [norm(p.scope('query_norm'), y), norm(p.scope('context_norm'), context)];
  const z = tf.add(y, crossAttention(p.scope('cross_attn'), query, key, masks.cross, options));
  return tf.add(z, gatedMlp(p.scope('mlp'), norm(p.scope('norm2'), z)));
}

/** Layer norm without a bias. */
export function norm(p: Scope, x: Tensor): Tensor {
  const bias = tf.zeros([x.shape.at(-1)!]);
  const withBias: Scope = {
    get: (name) => (name === 'bias' ? bias : p.get(name)),
    has: (name) => name === 'bias' || p.has(name),
    scope: (prefix) => p.scope(prefix),
  };
  return layerNorm(withBias, x, EPSILON);
}

function selfAttention(p: Scope, x: Tensor, mask: Tensor, options: BlockOptions): Tensor {
  const [q, k, v] = heads(linear(p.scope('qkv'), x), 3, options.numHeads);
  return linear(p.scope('proj'), tf.reshape(attention(q, k, v, { mask, mode: options.attention }), x.shape));
}

function crossAttention(p: Scope, x: Tensor, context: Tensor, mask: Tensor, options: BlockOptions): Tensor {
  const q = ofHeads(linear(p.scope('q'), x), options.numHeads);
  const [k, v] = heads(linear(p.scope('kv'), context), 2, options.numHeads);
  return linear(p.scope('proj'), tf.reshape(attention(q, k, v, { mask, mode: options.attention }), x.shape));
}

/** `[batch, token, parts * dim]` -> `parts` times `[batch, token, head, dim / heads]`. */
function heads(x: Tensor, parts: number, numHeads: number): Tensor[] {
  return tf.split(x, parts, 2).map((part) => ofHeads(part, numHeads));
}

function ofHeads(x: Tensor, numHeads: number): Tensor {
  const [batch, tokens, dim] = x.shape;
  return tf.reshape(x, [batch, tokens!, numHeads, dim! / numHeads]);
}

/** fc2(silu(fc1 x) * fc3 x). */
function gatedMlp(p: Scope, x: Tensor): Tensor {
  return linear(p.scope('fc2'), swiglu(linear(p.scope('fc1'), x), linear(p.scope('fc3'), x)));
}
