import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { differentiable } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { z } from 'zod';

/** What the paper leaves open about the KL divergence between the exocentric sample and its estimate (section 4.3). */
export const klOptionsSchema = z.strictObject({
  /** softmax: features become distributions as in knowledge distillation; gaussian: a Gaussian is fitted to each clip's features */
  kind: z.enum(['softmax', 'gaussian']).default('softmax'),
  /** softmax only. channel: every patch is a distribution over channels; token: every channel is one over a frame's grid */
  axis: z.enum(['channel', 'token']).default('channel'),
  /** softmax only: logits are divided by it and the loss multiplied by its square (Hinton et al. 2015, section 2) */
  temperature: z.number().positive().default(1),
  /** forward: KL(y || F(x)), the teacher's distribution is the reference; reverse: KL(F(x) || y) */
  direction: z.enum(['forward', 'reverse']).default('forward'),
});
export type KlOptions = z.infer<typeof klOptionsSchema>;

/** Keeps a constant feature's fitted variance above zero. */
const VARIANCE_FLOOR = 1e-6;

/**
 * KL divergence between exocentric features y and the estimate F(x) (Exo2Ego section 4.3; Kullback & Leibler 1951).
 * The paper names neither the distributions, the axis, a temperature nor a weight; {@link KlOptions} makes each a switch.
 * It's a mean over distributions (`batchmean` of torch's KLDivLoss): patches, frame channels or clip channels.
 *
 * @param y exocentric features `[batch, time, gridH, gridW, channel]`
 * @param mapped F(x), same shape
 * @returns nats, >= 0; 0 iff the distributions are equal, so constant shifts of softmax logits don't count
 */
export function klLoss(y: Tensor, mapped: Tensor, { kind, axis, temperature, direction }: KlOptions): Scalar {
  expectSameShape('klLoss', y, mapped);
  const [p, q] = direction === 'forward' ? [y, mapped] : [mapped, y];
  return tf.tidy(() => (kind === 'softmax' ? softmaxKl(p, q, axis, temperature) : gaussianKl(p, q)));
}

/** Mean over rows of sum p log(p / q), times temperature squared. */
function softmaxKl(p: Tensor, q: Tensor, axis: 'channel' | 'token', temperature: number): Scalar {
  const logP = tf.logSoftmax(tf.div(distributionRows(p, axis), temperature));
  const logQ = tf.logSoftmax(tf.div(distributionRows(q, axis), temperature));
  const perRow = tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ)), -1);
  return tf.mul(tf.mean(perRow), temperature ** 2);
}

/** `[rows, support]`: one distribution's logits a row. */
function distributionRows(x: Tensor, axis: 'channel' | 'token'): Tensor {
  const [batch, time, height, width, channels] = x.shape;
  if (axis === 'channel') return tf.reshape(x, [-1, channels!]);
  const tokens = tf.reshape(x, [batch * time, height * width, channels!]);
  return tf.reshape(tf.transpose(tokens, [0, 2, 1]), [-1, height * width]);
}

/** Closed-form KL of the diagonal Gaussians fitted to each clip: mean over clips and channels. */
function gaussianKl(p: Tensor, q: Tensor): Scalar {
  const a = fitGaussian(p);
  const b = fitGaussian(q);
  const logRatio = tf.log(tf.div(b.variance, a.variance));
  const spread = tf.div(tf.add(a.variance, tf.square(tf.sub(a.mean, b.mean))), b.variance);
  return tf.mul(tf.mean(tf.sub(tf.add(logRatio, spread), 1)), 0.5);
}

/** Mean and biased variance `[batch, channel]` over all of a clip's patches. */
function fitGaussian(x: Tensor): { mean: Tensor; variance: Tensor } {
  const tokens = tf.reshape(x, [x.shape[0], -1, x.shape.at(-1)!]);
  const mean = tf.mean(tokens, 1, true);
  const variance = tf.add(tf.mean(tf.square(tf.sub(tokens, mean)), 1), VARIANCE_FLOOR);
  return { mean: tf.squeeze(mean, [1]), variance };
}

/**
 * Cycle consistency loss, equation 2 of Exo2Ego (after Zhu et al. 2017, equation 2):
 * E_x ||G(F(x)) - x||_1 + E_y ||F(G(y)) - y||_1.
 * The paper gives no weight, and its norm may mean the sum over a sample's elements or, as in CycleGAN's code, their mean.
 *
 * @param x egocentric features `[batch, …]`
 * @param cycledX G(F(x))
 * @param y exocentric features `[batch, …]`
 * @param cycledY F(G(y))
 * @returns 'mean': mean absolute error, independent of the feature size; 'sum': L1 norm of a sample, mean over the batch
 */
export function cycleConsistencyLoss(
  x: Tensor,
  cycledX: Tensor,
  y: Tensor,
  cycledY: Tensor,
  { reduction = 'mean' }: { reduction?: 'mean' | 'sum' } = {},
): Scalar {
  return tf.tidy(() => tf.add(l1(cycledX, x, reduction), l1(cycledY, y, reduction)));
}

function l1(a: Tensor, b: Tensor, reduction: 'mean' | 'sum'): Scalar {
  expectSameShape('cycleConsistencyLoss', a, b);
  const distance = absolute(tf.sub(a, b));
  return reduction === 'mean' ? tf.mean(distance) : tf.div(tf.sum(distance), a.shape[0]);
}

/** |x| with derivative 0 at 0, as in PyTorch; that of tf.abs is -1 there. */
function absolute(x: Tensor): Tensor {
  return differentiable({
    name: 'absolute',
    inputs: { x },
    forward: () => ({ value: tf.abs(x), saved: { x } }),
    backward: (dy, saved) => ({ x: () => tf.mul(dy, tf.sign(saved.x)) }),
  });
}

function expectSameShape(where: string, a: Tensor, b: Tensor): void {
  if (a.shape.join() !== b.shape.join())
    throw new Error(`${where}: expected equal shapes, got [${a.shape}] and [${b.shape}]`);
}
