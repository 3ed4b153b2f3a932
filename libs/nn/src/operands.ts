import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { attribute, castNative, nativeOp, tf } from '@egolab/runtime';
import type { Precision } from './precision.ts';

/** Which operands are read transposed. */
export interface Transposed {
  a?: boolean;
  b?: boolean;
}

/** float32 -> the precision that a product is computed in. */
export function toPrecision(x: Tensor, precision: Precision): Tensor {
  return precision === 'float32' ? x : castNative(x, 'float32', precision);
}

/** A product's result -> float32; `x` is consumed. */
export function fromPrecision(x: Tensor, precision: Precision): Tensor {
  if (precision === 'float32') return x;
  const wide = castNative(x, precision, 'float32');
  x.dispose();
  return wide;
}

/** a b of matrices that stand in `precision`; so does the result. */
export function matMul(a: Tensor, b: Tensor, precision: Precision, transposed: Transposed = {}): Tensor {
  const { a: transposeA = false, b: transposeB = false } = transposed;
  return nativeOp(
    'MatMul',
    [
      attribute.type('T', precision),
      attribute.bool('transpose_a', transposeA),
      attribute.bool('transpose_b', transposeB),
    ],
    [a, b],
  );
}

/** a b of every matrix of a batch `[..., row, column]`, as {@link matMul}. */
export function batchMatMul(a: Tensor, b: Tensor, precision: Precision, transposed: Transposed = {}): Tensor {
  const { a: transposeA = false, b: transposeB = false } = transposed;
  return nativeOp(
    'BatchMatMulV2',
    [attribute.type('T', precision), attribute.bool('adj_x', transposeA), attribute.bool('adj_y', transposeB)],
    [a, b],
  );
}

const ROW_MAJOR = attribute.string('data_format', 'NHWC');

/** x + bias over the last axis, float32; `x` is consumed. */
export function addBias(x: Tensor, bias: Tensor): Tensor {
  const sum = nativeOp('BiasAdd', [attribute.type('T', 'float32'), ROW_MAJOR], [x, bias]);
  x.dispose();
  return sum;
}

/** Sum over every axis but the last, float32. */
export function sumRows(x: Tensor): Tensor {
  return nativeOp('BiasAddGrad', [attribute.type('T', 'float32'), ROW_MAJOR], [x]);
}

/** The part of that size from `begin` on, in its precision. */
export function sliced(x: Tensor, begin: number[], size: number[], precision: Precision): Tensor {
  if (x.shape.every((length, axis) => length === size[axis])) return x;
  const [start, lengths] = [begin, size].map((values) => tf.tensor1d(values, 'int32'));
  const y = nativeOp('Slice', [attribute.type('T', precision), attribute.type('Index', 'int32')], [x, start, lengths]);
  tf.dispose([start, lengths]);
  return y;
}

/** The same numbers in another shape, in their precision. */
export function reshaped(x: Tensor, shape: number[], precision: Precision): Tensor {
  const target = tf.tensor1d(shape, 'int32');
  const y = nativeOp('Reshape', [attribute.type('T', precision), attribute.type('Tshape', 'int32')], [x, target]);
  target.dispose();
  return y;
}
