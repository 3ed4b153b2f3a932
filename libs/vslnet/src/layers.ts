import type { Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import type { Random } from '@egolab/foundation';
import { depthwiseConv2d, dropout, layerNorm, linear, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { VslnetConfig } from './config.ts';

const EPS = 1e-6;
/** Added to logits of padding. */
const MASKED = -1e30;

/** Dropout at a named place, or nothing outside training. */
export type Drop = (x: Tensor, place: string) => Tensor;

export function dropping(rate: number, random: Random | undefined): Drop {
  if (!random || rate === 0) return (x) => x;
  return (x, place) => dropout(x, rate, random.split(place).integer(0, 2 ** 31 - 1));
}

export const within =
  (drop: Drop, part: string): Drop =>
  (x, place) =>
    drop(x, `${part}.${place}`);

/** Logits with those of padding far below all others; `mask` is 1 for what is there and broadcasts. */
export const maskLogits = (logits: Tensor, mask: Tensor): Tensor => tf.add(logits, tf.mul(tf.sub(1, mask), MASKED));

/**
 * Convolution of kernel 1, as torch.nn.Conv1d on the last axis.
 *
 * @param p scope holding `conv1d`, or the convolution itself
 * @param x `[batch, length, in]`
 */
export function pointwise(p: Scope, x: Tensor): Tensor {
  const convolution = p.has('conv1d.weight') ? p.scope('conv1d') : p;
  const weight = convolution.get('weight');
  const flat = tf.reshape(weight, [weight.shape[0], weight.shape[1]!]);
  const get = (name: string) => (name === 'weight' ? flat : convolution.get(name));
  return linear({ get, has: (name) => convolution.has(name), scope: (name) => convolution.scope(name) }, x);
}

/**
 * Embedding encoder (Zhang et al. 2020, section 3.2.1; QANet's block): positions, depthwise separable convolutions and
 * self-attention, each with a residual around a norm. One set of weights serves video and query.
 *
 * @param x `[batch, length, dim]`
 * @param mask `[batch, length]`
 */
export function featureEncoder(p: Scope, config: VslnetConfig, x: Tensor, mask: Tensor, drop: Drop): Tensor {
  const [, length, dim] = x.shape;
  const positions = tf.slice(p.get('pos_embedding.position_embeddings.weight'), [0, 0], [length!, dim!]);
  x = tf.add(x, positions);
  for (let i = 0; i < config.numConvolutions; i++) x = convolutionBlock(p.scope('conv_block'), i, x, drop);
  return attentionBlock(p.scope('attention_block'), config.numHeads, x, mask, drop);
}

function convolutionBlock(p: Scope, index: number, x: Tensor, drop: Drop): Tensor {
  const layer = p.scope(`depthwise_separable_conv.${index}`);
  const normalised = layerNorm(p.scope(`layer_norms.${index}`), x, EPS);
  const y = tf.relu(pointwise(layer.scope('1'), depthwise(layer.get('0.weight'), normalised)));
  return tf.add(drop(y, `conv.${index}`), x);
}

/** Depthwise convolution along the length, zeros beyond its ends; `weight` `[dim, 1, kernel]`. */
function depthwise(weight: Tensor, x: Tensor): Tensor {
  const [dim, , kernel] = weight.shape;
  const row = { weight: tf.reshape(weight, [dim, 1, 1, kernel!]) };
  const p: Scope = { get: () => row.weight, has: (name) => name === 'weight', scope: () => p };
  const y = depthwiseConv2d(p, tf.expandDims(x, 1) as Tensor4D, { padding: [0, Math.floor(kernel! / 2)] });
  return tf.squeeze(y, [1]);
}

function attentionBlock(p: Scope, heads: number, x: Tensor, mask: Tensor, drop: Drop): Tensor {
  const [batch, length, dim] = x.shape as [number, number, number];
  const split = (y: Tensor) => tf.transpose(tf.reshape(y, [batch, length, heads, dim / heads]), [0, 2, 1, 3]);
  const normalised = drop(layerNorm(p.scope('layer_norm1'), x, EPS), 'layer_norm1');
  const [q, k, v] = ['query', 'key', 'value'].map((name) => split(pointwise(p.scope(name), normalised)));
  const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(dim / heads));
  const weights = drop(tf.softmax(maskLogits(scores, tf.reshape(mask, [batch, 1, 1, length]))), 'probabilities');
  const mixed = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [batch, length, dim]);
  const residual = tf.add(drop(mixed, 'value'), x);
  const y = drop(layerNorm(p.scope('layer_norm2'), residual, EPS), 'layer_norm2');
  return tf.add(drop(pointwise(p.scope('out_layer'), y), 'out_layer'), residual);
}

/**
 * Context-query attention (section 3.2.2, equation 1): trilinear similarities of every frame and word, video-to-query and
 * query-to-video attention.
 *
 * @param context `[batch, time, dim]` of the video
 * @param query `[batch, words, dim]`
 * @returns `[batch, time, dim]`
 */
export function contextQueryAttention(
  p: Scope,
  context: Tensor,
  query: Tensor,
  contextMask: Tensor,
  queryMask: Tensor,
  drop: Drop,
): Tensor {
  const [c, q] = [drop(context, 'context'), drop(query, 'query')];
  const ofContext = product(c, p.get('w4C')); // [batch, time, 1]
  const ofQuery = tf.transpose(product(q, p.get('w4Q')), [0, 2, 1]); // [batch, 1, words]
  const ofBoth = tf.matMul(tf.mul(c, p.get('w4mlu')), q, false, true);
  const scores = tf.add(tf.add(ofContext, ofQuery), ofBoth);
  const overWords = tf.softmax(maskLogits(scores, tf.expandDims(queryMask, 1)));
  const overTime = tf.softmax(tf.transpose(maskLogits(scores, tf.expandDims(contextMask, 2)), [0, 2, 1])); // [batch, words, time]
  const videoToQuery = tf.matMul(overWords, query);
  const queryToVideo = tf.matMul(tf.matMul(overWords, overTime), context);
  const fused = [context, videoToQuery, tf.mul(context, videoToQuery), tf.mul(context, queryToVideo)];
  return pointwise(p.scope('cqa_linear'), tf.concat(fused, 2));
}

/** `[batch, length, dim]` times `[dim, 1]`. */
function product(x: Tensor, column: Tensor): Tensor {
  const [batch, length, dim] = x.shape as [number, number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [batch * length, dim]), column), [batch, length, 1]);
}

/**
 * Each frame beside the query as one vector, its words weighted by a learned importance (section 3.3).
 *
 * @returns `[batch, time, dim]`
 */
export function concatenateQuery(p: Scope, context: Tensor, query: Tensor, queryMask: Tensor): Tensor {
  const [batch, time, dim] = context.shape as [number, number, number];
  const logits = tf.squeeze(product(query, p.get('weighted_pool.weight')), [2]);
  const weights = tf.expandDims(tf.softmax(maskLogits(logits, queryMask)), 1); // [batch, 1, words]
  const sentence = tf.mul(tf.matMul(weights, query), tf.ones([1, time, 1]));
  return pointwise(p.scope('conv1d'), tf.concat([context, tf.reshape(sentence, [batch, time, dim])], 2));
}
