import type { Tensor, Tensor1D } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { differentiable } from './differentiable.ts';

/**
 * Rows of a table.
 *
 * @param table `[vocabulary, hidden]`
 * @param ids int32 `[...]`
 * @returns `[..., hidden]`
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  const [vocabulary, hidden] = table.shape;
  return differentiable({
    name: 'embedding',
    inputs: { table },
    forward: () => ({ value: tf.gather(table, ids as Tensor1D), saved: { ids } }),
    backward: (dy, { ids }) => ({
      table: () => tf.unsortedSegmentSum(tf.reshape(dy, [ids.size, hidden]), tf.reshape(ids, [ids.size]), vocabulary),
    }),
  });
}
