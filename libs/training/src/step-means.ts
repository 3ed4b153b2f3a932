import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { type Precision, valueAndGrads, withPrecision } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { halfSquaredNorm } from './clip.ts';

/** What a loss function gives for one batch: means over its samples, scalars. */
export interface LossResult {
  loss: Scalar;
  /** recorded beside the loss; not differentiated */
  metrics?: Record<string, Scalar>;
  /** tensors of any shape that `updateBuffers` is given, averaged over the step as the loss is; not differentiated */
  statistics?: Record<string, Tensor>;
}

/**
 * The averages of one optimiser step, by name: `loss`, `metrics/<name>`, `statistics/<name>`, `gradients/<parameter>`. One
 * flat map, because all of it goes through the all-reduce together.
 */
export type StepMeans = Map<string, Tensor>;

const METRIC = 'metrics/';
const STATISTIC = 'statistics/';
const GRADIENT = 'gradients/';

/** Add one micro-batch's loss, metrics and gradients, each times `weight`, to the step's means. */
export function accumulate(
  means: StepMeans,
  evaluate: () => LossResult,
  { trainable, weight, precision }: { trainable: ReadonlyMap<string, Variable>; weight: number; precision: Precision },
): void {
  tf.tidy(() => {
    const weighted: [string, Tensor][] = [];
    const weightedLoss = () => {
      const { loss, metrics = {}, statistics = {} } = evaluate();
      for (const [kind, values] of [
        [METRIC, metrics],
        [STATISTIC, statistics],
      ] as const)
        for (const [name, value] of Object.entries(values))
          weighted.push([kind + name, tf.keep(tf.mul(value, weight))]);
      return tf.mul(loss, weight) as Scalar;
    };
    const { value, grads } = withPrecision(precision, () => valueAndGrads(weightedLoss, trainable.values()));
    add(means, 'loss', value);
    for (const [name, mean] of weighted) add(means, name, mean);
    for (const [name, variable] of trainable) add(means, GRADIENT + name, grads.get(variable.name)!);
  });
}

function add(means: StepMeans, name: string, value: Tensor): void {
  const before = means.get(name);
  means.set(name, tf.keep(before ? tf.add(before, value) : value));
  if (before) tf.dispose([before, value]);
}

/** Parameter name -> gradient. */
export function gradientsOf(means: StepMeans): Map<string, Tensor> {
  return withoutPrefix(means, GRADIENT);
}

/** Name -> what the loss function gave as `statistics`. */
export function statisticsOf(means: StepMeans): Map<string, Tensor> {
  return withoutPrefix(means, STATISTIC);
}

/** The numbers of a step, read from the device in one transfer. */
export interface StepNumbers {
  loss: number;
  metrics: Record<string, number>;
  /** L2 norm of each parameter's gradient */
  gradientNorms: Map<string, number>;
}

export function readNumbers(means: StepMeans): StepNumbers {
  const metrics = [...withoutPrefix(means, METRIC)];
  const gradients = [...gradientsOf(means)];
  const [loss, ...values] = tf.tidy(() => {
    const scalars = [
      means.get('loss')!,
      ...metrics.map(([, value]) => value),
      ...gradients.map(([, gradient]) => halfSquaredNorm(gradient)),
    ];
    return tf.stack(scalars).dataSync<'float32'>();
  });
  return {
    loss,
    metrics: Object.fromEntries(metrics.map(([name], i) => [name, values[i]])),
    gradientNorms: new Map(gradients.map(([name], i) => [name, Math.sqrt(2 * values[metrics.length + i])])),
  };
}

function withoutPrefix(means: StepMeans, prefix: string): Map<string, Tensor> {
  const chosen = [...means].filter(([name]) => name.startsWith(prefix));
  return new Map(chosen.map(([name, value]) => [name.slice(prefix.length), value]));
}
