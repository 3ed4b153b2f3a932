import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import type { Scope } from './parameters.ts';

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

/**
 * As torch.nn.Conv2d.
 *
 * @param p scope holding `weight` `[out, in, height, width]` and, optionally, `bias` `[out]`
 * @param x `[batch, height, width, in]`
 * @returns `[batch, height', width', out]`
 */
export function conv2d(p: Scope, x: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions = {}): Tensor {
  const filter = tf.transpose(p.get('weight'), [2, 3, 1, 0]) as Tensor4D;
  return withBias(p, tf.conv2d(padded(x, padding) as Tensor4D, filter, perAxis(stride, 2) as [number, number], 'valid'));
}

/**
 * As torch.nn.Conv2d with groups = in channels = out channels.
 *
 * @param p scope holding `weight` `[channel, 1, height, width]` and, optionally, `bias` `[channel]`
 * @param x `[batch, height, width, channel]`
 */
export function depthwiseConv2d(p: Scope, x: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions = {}): Tensor {
  const filter = tf.transpose(p.get('weight'), [2, 3, 0, 1]) as Tensor4D;
  return withBias(p, tf.depthwiseConv2d(padded(x, padding) as Tensor4D, filter, perAxis(stride, 2) as [number, number], 'valid'));
}

/**
 * As torch.nn.Conv3d.
 *
 * @param p scope holding `weight` `[out, in, time, height, width]` and, optionally, `bias` `[out]`
 * @param x `[batch, time, height, width, in]`
 * @returns `[batch, time', height', width', out]`
 */
export function conv3d(p: Scope, x: Tensor, { stride = 1, padding = 0 }: ConvolutionOptions = {}): Tensor {
  const filter = tf.transpose(p.get('weight'), [2, 3, 4, 1, 0]) as Tensor5D;
  return withBias(p, tf.conv3d(padded(x, padding) as Tensor5D, filter, perAxis(stride, 3) as [number, number, number], 'valid'));
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
  const [, outputs, ...kernel] = weight.shape;
  const [strides, pads, extra] = [stride, padding, outputPadding].map((value) => perAxis(value, 2));
  const uncropped = [0, 1].map((axis) => (x.shape[axis + 1] - 1) * strides[axis] + kernel[axis] + extra[axis]);
  const filter = tf.transpose(weight, [2, 3, 1, 0]) as Tensor4D;
  const y = tf.conv2dTranspose(x as Tensor4D, filter, [x.shape[0], uncropped[0], uncropped[1], outputs], strides as [number, number], 'valid');
  const cropped = pads.every((width) => width === 0)
    ? y
    : tf.slice(y, [0, pads[0], pads[1], 0], [x.shape[0], uncropped[0] - 2 * pads[0], uncropped[1] - 2 * pads[1], outputs]);
  return withBias(p, cropped);
}
