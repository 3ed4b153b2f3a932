import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';

/** An elementwise op that keeps its input alone; `slope` is its derivative. */
function elementwise(name: string, x: Tensor, value: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Tensor {
  return differentiable({
    name,
    inputs: { x },
    forward: () => ({ value: value(x), saved: { x } }),
    backward: (dy, saved) => ({ x: () => tf.mul(dy, slope(saved.x)) }),
  });
}

const normalCdf = (x: Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
const normalPdf = (x: Tensor) => tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))));

/** GELU by the error function (Hendrycks and Gimpel 2016): x Φ(x). */
export function gelu(x: Tensor): Tensor {
  return elementwise('gelu', x, (x) => tf.mul(x, normalCdf(x)), (x) => tf.add(normalCdf(x), tf.mul(x, normalPdf(x))));
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** GELU by its tanh approximation (torch's `approximate='tanh'`). */
export function geluTanh(x: Tensor): Tensor {
  // x (1 + tanh u) / 2 = x sigmoid(2u)
  const gate = (x: Tensor) => tf.sigmoid(tf.mul(tf.mul(x, tf.add(1, tf.mul(CUBIC, tf.square(x)))), 2 * SQRT_2_OVER_PI));
  return elementwise('geluTanh', x, (x) => tf.mul(x, gate(x)), (x) => {
    const s = gate(x);
    const du = tf.mul(2 * SQRT_2_OVER_PI, tf.add(1, tf.mul(3 * CUBIC, tf.square(x))));
    return tf.mul(s, tf.add(1, tf.mul(tf.mul(x, du), tf.sub(1, s))));
  });
}

function sigmoidLinear(name: string, x: Tensor, beta: number): Tensor {
  const gate = (x: Tensor) => tf.sigmoid(beta === 1 ? x : tf.mul(beta, x));
  return elementwise(name, x, (x) => tf.mul(x, gate(x)), (x) => {
    const s = gate(x);
    return tf.mul(s, tf.add(1, tf.mul(beta === 1 ? x : tf.mul(beta, x), tf.sub(1, s))));
  });
}

/** CLIP's GELU: x sigmoid(1.702 x). */
export function quickGelu(x: Tensor): Tensor {
  return sigmoidLinear('quickGelu', x, 1.702);
}

/** SiLU or swish: x sigmoid(x). */
export function silu(x: Tensor): Tensor {
  return sigmoidLinear('silu', x, 1);
}
