import type { Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';
import { NativeConvolution } from './native-convolution.ts';
import { fromPrecision, toPrecision } from './operands.ts';
import type { Scope } from './parameters.ts';
import { precision } from './precision.ts';

/** One number for every spatial axis, or one each. */
export type PerAxis = number | number[];

export interface ConvolutionOptions {
  stride?: PerAxis;
  /** Zeros added on both sides. */
  padding?: PerAxis;
}

const perAxis = (value: PerAxis, axes: number) => (typeof value === 'number' ? Array<number>(axes).fill(value) : value);

function padded(x: Tensor, padding: PerAxis): Tensor {
  const widths = perAxis(padding, x.rank - 2);
  if (widths.every((width) => width === 0)) return x;
  return tf.pad(x, [[0, 0], ...widths.map((width): [number, number] => [width, width]), [0, 0]]);
}

const withBias = (p: Scope, y: Tensor) => (p.has('bias') ? tf.add(y, p.get('bias')) : y);

/** Weight `[out, in, ...kernel]` -> filter `[...kernel, in, out]`, and back. */
const toFilter = (weight: Tensor) => tf.transpose(weight, [...weight.shape.keys()].slice(2).concat(1, 0));
const toWeight = (filter: Tensor) =>
  tf.transpose(filter, [filter.rank - 1, filter.rank - 2, ...Array(filter.rank - 2).keys()]);

function convolution(name: string, p: Scope, x: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions): Tensor {
  const weight = p.get('weight');
  if (x.rank !== weight.rank || x.shape.at(-1) !== weight.shape[1]) {
    throw new Error(
      `${name}: expected x of rank ${weight.rank} with ${weight.shape[1]} channels last for weight [${weight.shape}], got [${x.shape}]`,
    );
  }
  const input = padded(x, padding);
  const dtype = precision();
  const native = new NativeConvolution(perAxis(stride, x.rank - 2), dtype);
  const filterOf = (weight: Tensor) => toPrecision(toFilter(weight), dtype);
  const [outputs, inputs, ...kernel] = weight.shape;
  const y = differentiable<Record<string, Tensor>>({
    name,
    inputs: { input, weight },
    forward: (needs) => {
      const operand = toPrecision(input, dtype);
      const value = fromPrecision(native.forward(operand, filterOf(weight)), dtype);
      return { value, saved: { ...(needs('weight') ? { operand } : {}), ...(needs('input') ? { weight } : {}) } };
    },
    backward: (dy, { operand, weight }) => {
      const upstream = toPrecision(dy, dtype);
      return {
        input: () => fromPrecision(native.input(input.shape, filterOf(weight), upstream), dtype),
        weight: () =>
          toWeight(fromPrecision(native.filter(operand, [...kernel, inputs, outputs as number], upstream), dtype)),
      };
    },
  });
  return withBias(p, y);
}

/**
 * As torch.nn.Conv2d.
 *
 * @param p scope holding `weight` `[out, in, height, width]` and, optionally, `bias` `[out]`
 * @param x `[batch, height, width, in]`
 * @returns `[batch, height', width', out]`
 */
export function conv2d(p: Scope, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution('conv2d', p, x, options);
}

/**
 * As torch.nn.Conv2d with groups = in channels = out channels.
 *
 * @param p scope holding `weight` `[channel, 1, height, width]` and, optionally, `bias` `[channel]`
 * @param x `[batch, height, width, channel]`
 */
export function depthwiseConv2d(p: Scope, x: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions = {}): Tensor {
  const filter = tf.transpose(p.get('weight'), [2, 3, 0, 1]) as Tensor4D;
  return withBias(
    p,
    tf.depthwiseConv2d(padded(x, padding) as Tensor4D, filter, perAxis(stride, 2) as [number, number], 'valid'),
  );
}

/**
 * As torch.nn.Conv3d.
 *
 * @param p scope holding `weight` `[out, in, time, height, width]` and, optionally, `bias` `[out]`
 * @param x `[batch, time, height, width, in]`
 * @returns `[batch, time', height', width', out]`
 */
export function conv3d(p: Scope, x: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution('conv3d', p, x, options);
}

/**
 * As torch.nn.ConvTranspose2d.
 *
 * @param p scope holding `weight` `[in, out, height, width]` and, optionally, `bias` `[out]`
 * @param x `[batch, height, width, in]`
 * @returns `[batch, (height - 1) stride - 2 padding + kernel + outputPadding, …, out]`
 */
export function convTranspose2d(
  p: Scope,
  x: Tensor,
  { stride = 1, padding = 0, outputPadding = 0 }: ConvolutionOptions & { outputPadding?: PerAxis } = {},
): Tensor {
  const weight = p.get('weight');
  const [inputs, outputs, ...kernel] = weight.shape;
  const [strides, pads, extra] = [stride, padding, outputPadding].map((value) => perAxis(value, 2));
  const uncropped = [0, 1].map((axis) => (x.shape[axis + 1] - 1) * strides[axis] + kernel[axis] + extra[axis]);
  const shape = [x.shape[0], ...uncropped, outputs];
  const dtype = precision();
  const native = new NativeConvolution(strides, dtype);
  const filterOf = (weight: Tensor) => toPrecision(toFilter(weight), dtype);
  const y = differentiable<Record<string, Tensor>>({
    name: 'convTranspose2d',
    inputs: { x, weight },
    forward: (needs) => {
      const operand = toPrecision(x, dtype);
      const value = fromPrecision(native.input(shape, filterOf(weight), operand), dtype);
      return { value, saved: { ...(needs('weight') ? { operand } : {}), ...(needs('x') ? { weight } : {}) } };
    },
    backward: (dy, { operand, weight }) => {
      const upstream = toPrecision(dy, dtype);
      return {
        x: () => fromPrecision(native.forward(upstream, filterOf(weight)), dtype),
        weight: () => toWeight(fromPrecision(native.filter(upstream, [...kernel, outputs, inputs], operand), dtype)),
      };
    },
  });
  const cropped = pads.every((width) => width === 0)
    ? y
    : tf.slice(
        y,
        [0, pads[0], pads[1], 0],
        [x.shape[0], uncropped[0] - 2 * pads[0], uncropped[1] - 2 * pads[1], outputs],
      );
  return withBias(p, cropped);
}
