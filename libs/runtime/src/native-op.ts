import type { Tensor, TensorInfo } from '@tensorflow/tfjs-node-gpu';
import { backend, tf } from './binding.ts';

/** TensorFlow's own dtype numbers (tensorflow/core/framework/types.proto). */
export const DataTypeNumber = { float32: 1, int32: 3, int64: 9, bool: 10, bfloat16: 14 } as const;

export type NativeDtype = keyof typeof DataTypeNumber;

/** TensorFlow's attribute kinds (tensorflow/c/tf_attrtype.h). */
const AttributeKind = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** Build the attribute list of a raw TensorFlow op. */
export const attribute = {
  type: (name: string, dtype: NativeDtype): Attribute => ({
    name,
    type: AttributeKind.type,
    value: DataTypeNumber[dtype],
  }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: AttributeKind.bool, value }),
  int: (name: string, value: number | number[]): Attribute => ({ name, type: AttributeKind.int, value }),
  float: (name: string, value: number): Attribute => ({ name, type: AttributeKind.float, value }),
  string: (name: string, value: string): Attribute => ({ name, type: AttributeKind.string, value }),
};

/**
 * Run a TensorFlow op that tfjs has no function for; the caller's tidy owns the result. Has no gradient: `differentiable` of nn
 * gives it one.
 *
 * A bfloat16 result is a tensor that calls itself float32, because tfjs has no such dtype: it lives and dies like any other, but
 * only native ops told of its dtype can read it (TensorFlow refuses it elsewhere).
 */
export function nativeOp(name: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor {
  const [output] = backend.binding.executeOp(name, attributes, backend.getInputTensorIds(inputs), 1);
  if (output.dtype !== DataTypeNumber.bfloat16) return backend.createOutputTensor(output);
  const dataId = {};
  backend.tensorMap.set(dataId, { ...output, values: null, refCount: 1 });
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape: output.shape, dtype: 'float32' });
}

/** Convert between float32 and bfloat16 (see {@link nativeOp} on how a bfloat16 tensor lives), rounding to nearest even. */
export function castNative(x: TensorInfo, from: NativeDtype, to: NativeDtype): Tensor {
  return nativeOp(
    'Cast',
    [attribute.type('SrcT', from), attribute.type('DstT', to), attribute.bool('Truncate', false)],
    [x],
  );
}
