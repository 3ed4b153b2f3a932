import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attention, conv2d, differentiable, linear, silu, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';

const EPSILON = 1e-6;

/**
 * A causal convolution: time is padded in front by its first frame, height and width by zeros.
 *
 * @param p scope holding `conv3d.weight` `[out, in, time, height, width]`, of size 1 in time or in height and width, and `conv3d.bias` `[out]`
 * @param x `[batch, time, height, width, in]`
 * @param stride of height and width; with one, nothing is padded
 * @returns `[batch, time, height', width', out]`
 */
export function causalConvolution(p: Scope, x: Tensor, stride = 1): Tensor {
  const conv = p.scope('conv3d');
  const [batch, time, height, width, channels] = x.shape;
  const [, , kernelTime, kernelSide] = conv.get('weight').shape;
  if (kernelTime === 1 && kernelSide === 1) return linear(reshaped(conv, [channels!]), x);
  if (kernelTime === 1) {
    // frames by themselves
    const frames = tf.reshape(x, [batch * time!, height!, width!, channels!]);
    const padding = stride === 1 ? (kernelSide! - 1) / 2 : 0;
    const y = conv2d(reshaped(conv, [channels!, kernelSide!, kernelSide!]), frames, { stride, padding });
    return tf.reshape(y, [batch, time!, ...y.shape.slice(1)]);
  }
  // positions by themselves
  const columns = tf.reshape(x, [batch, time!, height! * width!, channels!]);
  const first = tf.slice(columns, [0, 0, 0, 0], [batch, 1, height! * width!, channels!]);
  const padded = tf.concat([...Array<Tensor>(kernelTime! - 1).fill(first), columns], 1);
  const y = conv2d(reshaped(conv, [channels!, kernelTime!, 1]), padded);
  return tf.reshape(y, [batch, time!, height!, width!, y.shape[3]!]);
}

/** The same weight as `[out, ...shape]`. */
function reshaped(p: Scope, shape: number[]): Scope {
  return {
    get: (name) => (name === 'weight' ? tf.reshape(p.get(name), [p.get(name).shape[0], ...shape]) : p.get(name)),
    has: (name) => p.has(name),
    scope: (prefix) => p.scope(prefix),
  };
}

/** A spatial convolution, then a temporal one. */
export function factorizedConvolution(p: Scope, x: Tensor): Tensor {
  return causalConvolution(p.scope('1'), causalConvolution(p.scope('0'), x));
}

/**
 * Group norm with one group, over each frame by itself: over time it wouldn't be causal.
 *
 * @param p scope holding `norm.weight` and `norm.bias` `[channel]`
 * @param x `[batch, time, height, width, channel]`
 */
export function frameNorm(p: Scope, x: Tensor): Tensor {
  const [weight, bias] = [p.get('norm.weight'), p.get('norm.bias')];
  const frame = [2, 3, 4];
  return differentiable({
    name: 'frameNorm',
    inputs: { x, weight, bias },
    forward: () => {
      const { mean, variance } = tf.moments(x, frame, true);
      const inverse = tf.rsqrt(tf.add(variance, EPSILON));
      const normalized = tf.mul(tf.sub(x, mean), inverse);
      return { value: tf.add(tf.mul(normalized, weight), bias), saved: { x, mean, inverse, weight } };
    },
    backward: (dy, { x, mean, inverse, weight }) => {
      const normalized = tf.mul(tf.sub(x, mean), inverse);
      return {
        x: () => {
          const dz = tf.mul(dy, weight);
          const centred = tf.sub(dz, tf.mean(dz, frame, true));
          const along = tf.mean(tf.mul(dz, normalized), frame, true);
          return tf.mul(inverse, tf.sub(centred, tf.mul(normalized, along)));
        },
        weight: () => tf.sum(tf.mul(dy, normalized), [0, 1, 2, 3]),
        bias: () => tf.sum(dy, [0, 1, 2, 3]),
      };
    },
  });
}

/** x + conv(silu(norm(conv(silu(norm(x)))))); a 1 x 1 convolution of x where the width changes. */
export function residualBlock(p: Scope, x: Tensor): Tensor {
  return tf.tidy(() => {
    const inner = factorizedConvolution(p.scope('conv1'), silu(frameNorm(p.scope('norm1'), x)));
    const outer = factorizedConvolution(p.scope('conv2'), silu(frameNorm(p.scope('norm2'), inner)));
    const widens = p.has('nin_shortcut.conv3d.weight');
    return tf.add(widens ? causalConvolution(p.scope('nin_shortcut'), x) : x, outer);
  });
}

/** Attention among the positions of a frame, then among the times of a position, causally; one head each. */
export function spatioTemporalAttention(p: Scope, x: Tensor): Tensor {
  return tf.tidy(() => attend(p.scope('1'), attend(p.scope('0'), x, 'space'), 'time'));
}

function attend(p: Scope, x: Tensor, over: 'space' | 'time'): Tensor {
  const [batch, time, height, width, channels] = x.shape;
  const places = height! * width!;
  // [sample, sequence, head, channel]: each frame is a sample, or each position a head
  const grouped = over === 'time' ? [batch, time!, places, channels!] : [batch * time!, places, 1, channels!];
  const normalized = frameNorm(p.scope('norm'), x);
  const [q, k, v] = ['q', 'k', 'v'].map((name) => tf.reshape(causalConvolution(p.scope(name), normalized), grouped));
  const mixed = attention(q, k, v, { causal: over === 'time' });
  return tf.add(x, causalConvolution(p.scope('proj_out'), tf.reshape(mixed, x.shape)));
}

/** Half of height and width: a strided convolution, zero-padded behind, plus the mean of 2 x 2, then a 1 x 1 convolution. */
export function spatialDownsample(p: Scope, x: Tensor): Tensor {
  return tf.tidy(() => {
    const [batch, time, height, width, channels] = x.shape;
    const padded = tf.pad(x, [[0, 0], [0, 0], [0, 1], [0, 1], [0, 0]]); // prettier-ignore
    const strided = causalConvolution(p.scope('conv1'), padded, 2);
    const pairs = tf.reshape(x, [batch * time!, height! / 2, 2, width! / 2, 2 * channels!]);
    const rows = tf.reshape(tf.mean(pairs, 2), [batch, time!, height! / 2, width! / 2, 2, channels!]);
    return causalConvolution(p.scope('conv3'), tf.add(strided, tf.mean(rows, 4)));
  });
}

/** Twice the height and width: nearest neighbours plus a convolution of them, then a 1 x 1 convolution. */
export function spatialUpsample(p: Scope, x: Tensor): Tensor {
  return tf.tidy(() => {
    const [batch, time, height, width, channels] = x.shape;
    const pixels = tf.reshape(x, [batch * time!, height!, 1, width!, 1, channels!]);
    const repeated = tf.concat([pixels, pixels], 2);
    const both = tf.concat([repeated, repeated], 4);
    const nearest = tf.reshape(both, [batch, time!, 2 * height!, 2 * width!, channels!]);
    return causalConvolution(p.scope('conv3'), tf.add(causalConvolution(p.scope('conv2'), nearest), nearest));
  });
}
