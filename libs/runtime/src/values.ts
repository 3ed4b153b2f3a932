import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from './binding.ts';

/**
 * The numbers of a float32 tensor; it and all else that `compute` made is freed. `tf.tidy` itself must not return large arrays: it
 * looks for tensors in what it returns, element by element.
 */
export function valuesOf(compute: () => Tensor): Float32Array {
  const result = tf.tidy(compute);
  try {
    return result.dataSync<'float32'>().slice();
  } finally {
    result.dispose();
  }
}
