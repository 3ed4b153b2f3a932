import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { init, layerNorm, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';

/** Smallest bin width before normalisation (AdaBins; the released code). */
const MIN_WIDTH = 0.1;
const MASK_LAYERS = [0, 1, 2];

/** Parameters of the bin head F and the mask head G: `decoder_norm`, `class_embed`, `mask_embed.layers`. */
export function depthHeadParameters(hidden: number): ParameterSpecs {
  const mlp = (outputs: number): ParameterSpecs => ({
    weight: { shape: [outputs, hidden], init: init.kaimingUniform() },
    bias: { shape: [outputs], init: init.zeros() },
  });
  return {
    'decoder_norm.weight': { shape: [hidden], init: init.ones() },
    'decoder_norm.bias': { shape: [hidden], init: init.zeros() },
    ...prefixed('class_embed', mlp(1)),
    ...Object.assign({}, ...MASK_LAYERS.map((layer) => prefixed(`mask_embed.layers.${layer}`, mlp(hidden)))),
  };
}

/**
 * Equations 2 to 4: centres of adaptive bins, the distribution over them at each pixel, and its mean.
 *
 * @param p scope holding the heads
 * @param z depth-aware representations, `[batch, query, hidden]`
 * @param features the largest map, `[batch, pixel, hidden]`
 * @returns `depth` `[batch, pixel]`, `centres` `[batch, query]`
 */
export function depthOf(p: Scope, z: Tensor, features: Tensor): { depth: Tensor; centres: Tensor } {
  const [batch, queries] = z.shape;
  const normalized = layerNorm(p.scope('decoder_norm'), z);
  const centres = binCentres(tf.reshape(linear(p.scope('class_embed'), normalized), [batch, queries]));
  const masks = MASK_LAYERS.reduce((x, layer) => {
    const y = linear(p.scope(`mask_embed.layers.${layer}`), x);
    return layer < MASK_LAYERS.length - 1 ? tf.relu(y) : y;
  }, normalized);
  // equation 3: [batch, pixel, query]
  const distribution = tf.softmax(
    tf.matMul(features as Tensor & { rank: 3 }, masks as Tensor & { rank: 3 }, false, true),
  );
  // equation 4
  return { depth: tf.sum(tf.mul(distribution, tf.reshape(centres, [batch, 1, queries])), 2), centres };
}

/**
 * Equation 2: widths that sum to 1, and the middle of each bin. The order of the queries is that of depth.
 *
 * @param logits `[batch, query]`
 * @returns `[batch, query]`, increasing, inside (0, 1)
 */
export function binCentres(logits: Tensor): Tensor {
  const widths = tf.add(tf.relu(logits), MIN_WIDTH);
  const shares = tf.div(widths, tf.sum(widths, 1, true));
  return tf.sub(tf.cumsum(shares, 1), tf.mul(shares, 0.5));
}
