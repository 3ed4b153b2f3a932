import type { Tensor, TensorInfo } from '@tensorflow/tfjs-node-gpu';
import { backend } from './binding.ts';

/** TensorFlow's own dtype numbers (tensorflow/core/framework/types.proto). */
export const DataTypeNumber = { float32: 1, int32: 3, int64: 9, bool: 10, bfloat16: 14 } as const;

/** TensorFlow's attribute kinds (tensorflow/c/tf_attrtype.h). */
const AttributeKind = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** Build the attribute list of a raw TensorFlow op. */
export const attribute = {
  type: (name: string, dtype: keyof typeof DataTypeNumber): Attribute => ({ name, type: AttributeKind.type, value: DataTypeNumber[dtype] }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: AttributeKind.bool, value }),
  int: (name: string, value: number | number[]): Attribute => ({ name, type: AttributeKind.int, value }),
  float: (name: string, value: number): Attribute => ({ name, type: AttributeKind.float, value }),
  string: (name: string, value: string): Attribute => ({ name, type: AttributeKind.string, value }),
};

/** Run a TensorFlow op that tfjs has no function for; the caller's tidy owns the result. Has no gradient: wrap it in `tf.customGrad`. */
export function nativeOp(name: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor {
  return backend.executeSingleOutput(name, attributes, inputs);
}
