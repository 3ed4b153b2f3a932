import type { DataTypeMap, Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from './binding.ts';

/**
 * The numbers of the tensor that `compute` makes, in an array of their own; it and all else that was made is freed. `tf.tidy` itself
 * must not return large arrays: it looks for tensors in what it returns, element by element.
 */
export function valuesOf<D extends 'float32' | 'int32' = 'float32'>(compute: () => Tensor): DataTypeMap[D] {
  const result = tf.tidy(compute);
  try {
    return result.dataSync<D>().slice() as DataTypeMap[D];
  } finally {
    result.dispose();
  }
}
