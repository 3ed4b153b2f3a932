import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-node-gpu';
import { init, linear, Parameters, type Initializer, type ParameterSpecs } from '@egolab/nn';
import type { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';

/**
 * The policy of R3M's evaluation (facebookresearch/r3m, branch `eval`: `fc_network.py`, `gaussian_mlp.py`), which MPI uses too: batch
 * normalisation of the inputs, two hidden layers, actions without a bound. Names are those of `FCNetwork`.
 */
export interface PolicyConfig {
  readonly inputs: number;
  readonly actions: number;
  /** 256, 256 there */
  readonly hiddenSizes: readonly number[];
}

/** torch.nn.BatchNorm1d's. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;
/** The last layer starts small: "make weights small" there. */
const LAST_LAYER_SCALE = 0.01;

/** Trained parameters, and the running statistics that change without a gradient. */
export interface Policy {
  readonly config: PolicyConfig;
  readonly parameters: Parameters;
  readonly buffers: Parameters;
}

export function createPolicy(config: PolicyConfig, random: Random): Policy {
  return {
    config,
    parameters: Parameters.initialize(policyParameters(config), random),
    buffers: Parameters.initialize(policyBuffers(config), random),
  };
}

export function policyParameters({ inputs, actions, hiddenSizes }: PolicyConfig): ParameterSpecs {
  const sizes = [inputs, ...hiddenSizes, actions];
  const layers = sizes.slice(1).map((outputs, i): ParameterSpecs => {
    const scale = i === hiddenSizes.length ? LAST_LAYER_SCALE : 1;
    return {
      [`fc_layers.${i}.weight`]: { shape: [outputs, sizes[i]], init: scaled(init.kaimingUniform(), scale) },
      [`fc_layers.${i}.bias`]: { shape: [outputs], init: init.uniform(scale * sizes[i] ** -0.5) },
    };
  });
  return Object.assign(
    {
      'bn.weight': { shape: [inputs], init: init.ones() },
      'bn.bias': { shape: [inputs], init: init.zeros() },
    },
    ...layers,
  ) as ParameterSpecs;
}

export function policyBuffers({ inputs }: PolicyConfig): ParameterSpecs {
  return {
    'bn.running_mean': { shape: [inputs], init: init.zeros() },
    'bn.running_var': { shape: [inputs], init: init.ones() },
  };
}

const scaled =
  (initializer: Initializer, factor: number): Initializer =>
  (shape, random) =>
    initializer(shape, random).map((value) => factor * value);

/**
 * Actions of a policy that is no longer trained: inputs are normalised by the running statistics.
 *
 * @param inputs embedding and proprioception, `[batch, inputs]`
 * @returns `[batch, actions]`
 */
export function act({ config, parameters, buffers }: Policy, inputs: Tensor): Tensor2D {
  const statistics = { mean: buffers.get('bn.running_mean'), variance: buffers.get('bn.running_var') };
  return layers(parameters, config, normalize(parameters, inputs, statistics));
}

export interface CloningLoss {
  /** mean squared error over the batch and the action's components */
  readonly loss: Scalar;
  /** the batch's mean and unbiased variance, `[inputs]`, for {@link updateStatistics} */
  readonly statistics: { readonly mean: Tensor; readonly variance: Tensor };
}

/**
 * Behaviour cloning's loss; inputs are normalised by the batch's own statistics.
 *
 * @param inputs `[batch, inputs]`, at least two rows
 * @param actions the expert's, `[batch, actions]`
 */
export function cloningLoss({ config, parameters }: Policy, inputs: Tensor, actions: Tensor): CloningLoss {
  const [batch] = inputs.shape;
  if (batch < 2) throw new Error(`cloningLoss: expected at least 2 rows to normalise over, got ${batch}`);
  const { mean, variance } = tf.moments(inputs, 0);
  const predicted = layers(parameters, config, normalize(parameters, inputs, { mean, variance }));
  const loss = tf.mean(tf.squaredDifference(predicted, actions)) as Scalar;
  return { loss, statistics: { mean, variance: tf.mul(variance, batch / (batch - 1)) } };
}

/** Move the running statistics towards a batch's, as torch.nn.BatchNorm1d does in each step of training. */
export function updateStatistics({ buffers }: Policy, statistics: ReadonlyMap<string, Tensor>): void {
  for (const [name, statistic] of [
    ['bn.running_mean', 'mean'],
    ['bn.running_var', 'variance'],
  ]) {
    const running = buffers.get(name);
    tf.tidy(() => running.assign(tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(statistics.get(statistic)!, MOMENTUM))));
  }
}

function normalize(p: Parameters, x: Tensor, { mean, variance }: { mean: Tensor; variance: Tensor }): Tensor {
  const scale = tf.mul(p.get('bn.weight'), tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(tf.sub(x, mean), scale), p.get('bn.bias'));
}

function layers(p: Parameters, { hiddenSizes }: PolicyConfig, x: Tensor): Tensor2D {
  let hidden = x;
  for (let i = 0; i < hiddenSizes.length; i++) hidden = tf.tanh(linear(p.scope(`fc_layers.${i}`), hidden));
  return linear(p.scope(`fc_layers.${hiddenSizes.length}`), hidden) as Tensor2D;
}
