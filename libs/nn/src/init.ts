import type { Random } from '@egolab/foundation';

/** Draws a parameter's first values, row-major, `shape` in PyTorch's layout. */
export type Initializer = (shape: number[], random: Random) => Float32Array;

const size = (shape: number[]) => shape.reduce((product, length) => product * length, 1);

function fill(shape: number[], draw: () => number): Float32Array {
  const values = new Float32Array(size(shape));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

/** Inputs of one output unit: `[out, in, ...kernel]` (torch.nn.init's fan_in). */
function fanIn(shape: number[]): number {
  return size(shape.slice(1));
}

/** Outputs of one input unit: `[out, in, ...kernel]` (torch.nn.init's fan_out). */
function fanOut(shape: number[]): number {
  return shape[0] * size(shape.slice(2));
}

/** The initialisers of torch.nn.init. */
export const init = {
  zeros: (): Initializer => (shape) => new Float32Array(size(shape)),
  ones: (): Initializer => (shape) => new Float32Array(size(shape)).fill(1),
  constant:
    (value: number): Initializer =>
    (shape) =>
      new Float32Array(size(shape)).fill(value),
  /** Normal, mean 0. */
  normal:
    (std: number): Initializer =>
    (shape, random) =>
      fill(shape, () => random.normal(0, std)),
  /** Uniform in [-bound, bound). */
  uniform:
    (bound: number): Initializer =>
    (shape, random) =>
      fill(shape, () => random.uniform(-bound, bound)),
  /** He et al. 2015 for a leaky ReLU of slope `a`: bound = sqrt(6 / ((1 + a^2) fan_in)). torch.nn.Linear and Conv use a = sqrt(5). */
  kaimingUniform:
    (a = Math.sqrt(5)): Initializer =>
    (shape, random) => {
      const bound = Math.sqrt(6 / ((1 + a * a) * fanIn(shape)));
      return fill(shape, () => random.uniform(-bound, bound));
    },
  /** Glorot and Bengio 2010: bound = sqrt(6 / (fan_in + fan_out)). */
  xavierUniform: (): Initializer => (shape, random) => {
    const bound = Math.sqrt(6 / (fanIn(shape) + fanOut(shape)));
    return fill(shape, () => random.uniform(-bound, bound));
  },
};
