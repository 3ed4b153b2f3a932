import type { Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { type Attribute, attribute, backend, nativeOp, tf, valuesOf } from '@egolab/runtime';

/** What one update needs beside the gradients. */
export interface UpdateOptions {
  learningRate: number;
  step: number;
  clip?: number;
  scales?: ReadonlyMap<string, number>;
}

export interface AdamWConfig {
  /** decoupled: weights shrink by `learningRate * weightDecay` a step; vectors and scalars (biases, norms) never do */
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) with the semantics of torch.optim.AdamW: bias correction of both
 * moments, epsilon outside the corrected root.
 *
 * Each parameter is updated by TensorFlow's fused kernel on resource variables: the moments are updated in place, and no
 * temporary is larger than the parameter. A few kernel calls a parameter instead of a dozen passes over memory.
 */
export class AdamW {
  /** exponential averages of each parameter's gradient and of its square */
  private readonly first = new Map<string, Resource>();
  private readonly second = new Map<string, Resource>();

  /** @param variables what is trained, by full name; the optimiser keeps two moments of each until `dispose` */
  constructor(
    readonly variables: ReadonlyMap<string, Variable>,
    readonly config: AdamWConfig,
  ) {
    for (const [name, { shape }] of variables) {
      this.first.set(name, Resource.zeros(shape));
      this.second.set(name, Resource.zeros(shape));
    }
  }

  /**
   * One update of every variable.
   * @param gradients by full name, of the variables' shapes; they stay the caller's
   * @param at learning rate of this step, schedule included; `step` counts updates from 1; gradients are multiplied by `clip`;
   *   a variable's own learning rate is `learningRate` times its `scales`, 1 where it has none
   */
  apply(gradients: ReadonlyMap<string, Tensor>, { learningRate, step, clip = 1, scales }: UpdateOptions): void {
    const { beta1, beta2, epsilon, weightDecay } = this.config;
    tf.tidy(() => {
      // The kernel's step is learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + e): with
      // e = epsilon * sqrt(1 - beta2^t) this is m_hat / (sqrt(v_hat) + epsilon).
      const correctedEpsilon = epsilon * Math.sqrt(1 - beta2 ** step);
      const scalarsAt = memoize((rate) =>
        [beta1 ** step, beta2 ** step, rate, beta1, beta2, correctedEpsilon].map((value) => tf.scalar(value)),
      );
      const shrinkAt = memoize((rate) => tf.scalar(1 - rate * weightDecay));
      for (const [name, variable] of this.variables) {
        const decays = weightDecay > 0 && variable.rank >= 2;
        const rate = learningRate * (scales?.get(name) ?? 1);
        const [scalars, shrink] = [scalarsAt(rate), shrinkAt(rate)];
        tf.tidy(() => {
          const gradient = required(gradients, name);
          this.update(
            name,
            variable,
            clip === 1 ? gradient : tf.mul(gradient, clip),
            scalars,
            decays ? shrink : undefined,
          );
        });
      }
    });
  }

  private update(
    name: string,
    variable: Variable,
    gradient: Tensor,
    scalars: Tensor[],
    shrink: Tensor | undefined,
  ): void {
    const weight = new Resource(variable.shape);
    // shrinking makes a fresh buffer, which the kernel then updates in place; without it the kernel copies on write
    if (shrink) tf.tidy(() => weight.assign(tf.mul(variable, shrink)));
    else weight.assign(variable);
    const moments = [required(this.first, name).handle, required(this.second, name).handle];
    run(
      'ResourceApplyAdam',
      [attribute.type('T', 'float32'), attribute.bool('use_locking', false), attribute.bool('use_nesterov', false)],
      [weight.handle, ...moments, ...scalars, gradient],
    );
    variable.assign(weight.read());
    weight.dispose();
  }

  /** A copy of the running mean of one parameter's gradient. */
  firstMoment(name: string): Float32Array {
    return required(this.first, name).values();
  }

  /** A copy of the running mean of its square. */
  secondMoment(name: string): Float32Array {
    return required(this.second, name).values();
  }

  /** Put back what `firstMoment` and `secondMoment` gave. */
  restore(name: string, first: Float32Array, second: Float32Array): void {
    tf.tidy(() => {
      const { shape } = required(this.variables, name);
      // TensorFlow may share a JavaScript array's memory, and the kernel updates in place
      const copy = (values: Float32Array) =>
        nativeOp('DeepCopy', [attribute.type('T', 'float32')], [tf.tensor(values, shape)]);
      required(this.first, name).assign(copy(first));
      required(this.second, name).assign(copy(second));
    });
  }

  dispose(): void {
    for (const resource of [...this.first.values(), ...this.second.values()]) resource.dispose();
  }
}

/** TensorFlow's name for a variable that no one else can look up and that goes with its last handle (`ResourceHandle::ANONYMOUS_NAME`). */
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

/** A float32 resource variable: a buffer that TensorFlow's training kernels update in place. */
class Resource {
  readonly handle: Tensor;

  constructor(shape: number[]) {
    const { TF_ATTR_SHAPE } = backend.binding as unknown as { TF_ATTR_SHAPE: number };
    const shapeAttribute: Attribute = { name: 'shape', type: TF_ATTR_SHAPE, value: shape };
    const attributes = [
      attribute.string('container', ''),
      attribute.string('shared_name', ANONYMOUS),
      FLOAT32,
      shapeAttribute,
    ];
    this.handle = tf.keep(nativeOp('VarHandleOp', attributes, []));
  }

  static zeros(shape: number[]): Resource {
    const resource = new Resource(shape);
    tf.tidy(() => resource.assign(tf.zeros(shape)));
    return resource;
  }

  /** Shares the value's buffer until the next update. */
  assign(value: Tensor): void {
    run('AssignVariableOp', [FLOAT32], [this.handle, value]);
  }

  read(): Tensor {
    return nativeOp('ReadVariableOp', [FLOAT32], [this.handle]);
  }

  values(): Float32Array {
    return valuesOf(() => this.read());
  }

  dispose(): void {
    this.handle.dispose();
  }
}

const FLOAT32 = attribute.type('dtype', 'float32');

/** Run a TensorFlow op for its effect. */
function run(op: string, attributes: Attribute[], inputs: Tensor[]): void {
  backend.executeMultipleOutputs(op, attributes, inputs, 0);
}

function memoize<T>(compute: (key: number) => T): (key: number) => T {
  const known = new Map<number, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key) as T;
  };
}

function required<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`the optimiser has no "${name}" (of ${map.size})`);
  return value;
}
