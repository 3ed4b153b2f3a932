import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { convTranspose2d, init, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { z } from 'zod';

const count = z.number().int().positive();

/**
 * The head of EgoDTM's depth estimation (section 4.1): "a linear layer and an upsampling convolution layer on top of the frozen
 * video encoder". That depth is the mean of uniform bins is probe3d's, which the section follows; the paper doesn't say.
 */
export const depthProbeConfigSchema = z.strictObject({
  /** channels of the encoder's patch tokens */
  inputDim: count,
  /** channels between the two layers */
  hiddenDim: count,
  /** kernel and stride of the upsampling convolution: pixels of the map for the side of a patch */
  upsampling: count,
  numBins: z.number().int().min(2),
  /** metres between which the bins lie */
  minDepth: z.number().positive(),
  maxDepth: z.number().positive(),
});
export type DepthProbeConfig = z.infer<typeof depthProbeConfigSchema>;

/** Smallest weight of a bin before normalisation (probe3d). */
const MIN_WEIGHT = 0.1;

/** Parameters of the head: `linear` and `upsample`. */
export function depthProbeParameters({ inputDim, hiddenDim, upsampling, numBins }: DepthProbeConfig): ParameterSpecs {
  return {
    ...prefixed('linear', {
      weight: { shape: [hiddenDim, inputDim], init: init.kaimingUniform() },
      bias: { shape: [hiddenDim], init: init.zeros() },
    }),
    ...prefixed('upsample', {
      weight: { shape: [hiddenDim, numBins, upsampling, upsampling], init: init.kaimingUniform() },
      bias: { shape: [numBins], init: init.zeros() },
    }),
  };
}

/**
 * Depth of patch tokens: bin weights relu(x) + 0.1, normalised, times the bins' depths, which are equally far apart.
 *
 * @param p scope holding `linear` and `upsample`
 * @param patches v_Z, `[batch, time, height, width, inputDim]`
 * @returns metres `[batch, time, upsampling * height, upsampling * width]`
 */
export function depthProbe(p: Scope, config: DepthProbeConfig, patches: Tensor): Tensor {
  const { inputDim, upsampling, numBins, minDepth, maxDepth } = config;
  const [batch, time, height, width, channels] = patches.shape;
  if (patches.rank !== 5 || channels !== inputDim)
    throw new Error(`depthProbe: expected patches [batch, time, height, width, ${inputDim}], got [${patches.shape}]`);
  const projected = linear(p.scope('linear'), tf.reshape(patches, [batch * time, height, width, inputDim]));
  const logits = convTranspose2d(p.scope('upsample'), projected, { stride: upsampling });
  const weights = tf.add(tf.relu(logits), MIN_WEIGHT);
  const bins = tf.reshape(tf.linspace(minDepth, maxDepth, numBins), [numBins, 1]);
  const pixels = batch * time * height * width * upsampling * upsampling;
  const flat = tf.reshape(weights, [pixels, numBins]);
  const depth = tf.div(tf.matMul(flat, bins), tf.sum(flat, 1, true));
  return tf.reshape(depth, [batch, time, upsampling * height, upsampling * width]);
}

/** probe3d's weight of the loss, and its lambda: how much of the mean logarithmic error, a matter of scale, is forgiven. */
const SIG_WEIGHT = 10;
const SIG_LAMBDA = 0.85;
/** Added under the root, so that a perfect prediction has a gradient. */
const EPSILON = 1e-12;

/**
 * Scale-invariant logarithmic loss (Eigen et al. 2014, as probe3d trains with): 10 sqrt(var(g) + 0.15 mean(g)^2) of
 * g = ln d - ln d* over the valid pixels of each map.
 *
 * @param predicted metres, above 0, `[map, height, width]`
 * @param target metres of the same shape; 0 where none is known
 * @returns `[map]`, near 0 for a map without valid pixels
 */
export function sigLoss(predicted: Tensor, target: Tensor): Tensor {
  if (String(predicted.shape) !== String(target.shape))
    throw new Error(`sigLoss: expected a target [${predicted.shape}], got [${target.shape}]`);
  const valid = tf.cast(tf.greater(target, 0), 'float32');
  const known = tf.add(target, tf.sub(1, valid)); // ln 1 where nothing is known
  const error = tf.mul(tf.sub(tf.log(predicted), tf.log(known)), valid);
  const n = tf.maximum(tf.sum(valid, [1, 2], true), 2);
  const mean = tf.div(tf.sum(error, [1, 2], true), n);
  const spread = tf.sum(tf.mul(tf.square(tf.sub(error, mean)), valid), [1, 2], true);
  const variance = tf.div(spread, tf.sub(n, 1)); // torch.var's
  const both = tf.add(variance, tf.mul(tf.square(mean), 1 - SIG_LAMBDA));
  return tf.mul(tf.squeeze(tf.sqrt(tf.add(both, EPSILON)), [1, 2]), SIG_WEIGHT);
}
