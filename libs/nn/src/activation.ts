import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { fusedKernels, tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import { fused } from './fused.ts';

/** An elementwise op that keeps its input alone; `slope` is its derivative. On a CPU the kernel of the same name computes both. */
function elementwise(name: string, x: Tensor, value: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Tensor {
  const kernel = name[0].toUpperCase() + name.slice(1);
  return differentiable({
    name,
    inputs: { x },
    forward: () => ({ value: fusedKernels ? fused(kernel, [x], 1)[0] : value(x), saved: { x } }),
    backward: (dy, saved) => ({
      x: () => (fusedKernels ? fused(`${kernel}Grad`, [dy, saved.x], 1)[0] : tf.mul(dy, slope(saved.x))),
    }),
  });
}

/** Apply the steps in turn and dispose what is between them. */
function pipe(x: Tensor, ...steps: ((x: Tensor) => Tensor)[]): Tensor {
  return steps.reduce((before, step, i) => {
    const after = step(before);
    if (i > 0) before.dispose();
    return after;
  }, x);
}
const times = (factor: Tensor | number) => (x: Tensor) => tf.mul(x, factor);
const plus = (summand: Tensor | number) => (x: Tensor) => tf.add(x, summand);

/** GELU by the error function (Hendrycks and Gimpel 2016): x Φ(x) = x (1 + erf u) / 2 with u = x / sqrt 2. */
export function gelu(x: Tensor): Tensor {
  return elementwise(
    'gelu',
    x,
    (x) => pipe(x, times(Math.SQRT1_2), tf.erf, plus(1), times(x), times(0.5)),
    (x) => {
      // (1 + erf u + 2 u exp(-u^2) / sqrt pi) / 2
      const u = tf.mul(x, Math.SQRT1_2);
      const density = pipe(u, tf.square, tf.neg, tf.exp, times(u), times(2 / Math.sqrt(Math.PI)));
      const distribution = tf.erf(u);
      u.dispose();
      return pipe(density, plus(distribution), plus(1), times(0.5));
    },
  );
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** GELU by its tanh approximation (torch's `approximate='tanh'`). */
export function geluTanh(x: Tensor): Tensor {
  // x (1 + tanh u) / 2 = x sigmoid(2u)
  const gate = (x: Tensor) => tf.sigmoid(tf.mul(tf.mul(x, tf.add(1, tf.mul(CUBIC, tf.square(x)))), 2 * SQRT_2_OVER_PI));
  return elementwise(
    'geluTanh',
    x,
    (x) => tf.mul(x, gate(x)),
    (x) => {
      const s = gate(x);
      const du = tf.mul(2 * SQRT_2_OVER_PI, tf.add(1, tf.mul(3 * CUBIC, tf.square(x))));
      return tf.mul(s, tf.add(1, tf.mul(tf.mul(x, du), tf.sub(1, s))));
    },
  );
}

function sigmoidLinear(name: string, x: Tensor, beta: number): Tensor {
  const gate = (x: Tensor) => tf.sigmoid(beta === 1 ? x : tf.mul(beta, x));
  return elementwise(
    name,
    x,
    (x) => tf.mul(x, gate(x)),
    (x) => {
      const s = gate(x);
      return tf.mul(s, tf.add(1, tf.mul(beta === 1 ? x : tf.mul(beta, x), tf.sub(1, s))));
    },
  );
}

/** CLIP's GELU: x sigmoid(1.702 x). */
export function quickGelu(x: Tensor): Tensor {
  return sigmoidLinear('quickGelu', x, 1.702);
}

/** SiLU or swish: x sigmoid(x). */
export function silu(x: Tensor): Tensor {
  return sigmoidLinear('silu', x, 1);
}

/** SwiGLU's gating (Shazeer 2020): silu(gate) up. */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  if (!fusedKernels) return tf.mul(silu(gate), up);
  return differentiable({
    name: 'swiglu',
    inputs: { gate, up },
    forward: () => ({ value: fused('SwiGlu', [gate, up], 1)[0], saved: { gate, up } }),
    backward: (dy, saved) => {
      let both: Tensor[] | undefined;
      const compute = () => (both ??= fused('SwiGluGrad', [dy, saved.gate, saved.up], 2));
      return { gate: () => compute()[0], up: () => compute()[1] };
    },
  });
}
