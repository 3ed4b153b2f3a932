import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, nativeOp, tf } from '@egolab/runtime';
import type { Precision } from './precision.ts';

/**
 * TensorFlow's convolution of `[batch, ...space, channel]` by a filter `[...kernel, in, out]` without padding, and its two
 * adjoints, in two or three spatial axes. Operands and results stand in `precision`.
 */
export class NativeConvolution {
  private readonly attributes;
  private readonly ops: readonly [forward: string, input: string, filter: string];

  /** @param stride one number each spatial axis */
  constructor(stride: number[], precision: Precision) {
    const planar = stride.length === 2;
    this.ops = planar
      ? ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter']
      : ['Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'];
    this.attributes = [
      attribute.type('T', precision),
      attribute.int('strides', [1, ...stride, 1]),
      attribute.string('padding', 'VALID'),
      attribute.string('data_format', planar ? 'NHWC' : 'NDHWC'),
    ];
  }

  forward(x: Tensor, filter: Tensor): Tensor {
    return nativeOp(this.ops[0], this.attributes, [x, filter]);
  }

  /** What `dy` gives the input, which has this shape. */
  input(shape: number[], filter: Tensor, dy: Tensor): Tensor {
    const shapeType = this.ops[1] === 'Conv3DBackpropInputV2' ? [attribute.type('Tshape', 'int32')] : [];
    return nativeOp(this.ops[1], [...this.attributes, ...shapeType], [tf.tensor1d(shape, 'int32'), filter, dy]);
  }

  /** What `dy` gives the filter, which has this shape. */
  filter(x: Tensor, shape: number[], dy: Tensor): Tensor {
    return nativeOp(this.ops[2], this.attributes, [x, tf.tensor1d(shape, 'int32'), dy]);
  }
}
