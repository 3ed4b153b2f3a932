import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import type { Operands, Problem } from './attention-scores.ts';
import { differentiable } from './differentiable.ts';
import { fused } from './fused.ts';

/**
 * Attention in one kernel (libs/runtime/src/native/attention.cc), float32: no score is ever a tensor, and of each query the backward
 * pass keeps the largest score and the normaliser.
 *
 * @param mask bool `[batch | 1, heads | 1, query | 1, key]`
 */
export function fusedAttention(problem: Problem, inputs: Operands, mask: Tensor | undefined): Tensor {
  const { scale, causal, slidingWindow } = problem;
  const rules = () => [mask ?? tf.tensor1d([], 'bool'), tf.tensor1d([scale, Number(causal), slidingWindow ?? 0])];
  return differentiable<Record<string, Tensor>>({
    name: 'fusedAttention',
    inputs: { ...inputs },
    forward: () => {
      const { q, k, v } = inputs;
      const [y, largest, inverse] = fused('Attention', [q, k, v, ...rules()], 3);
      return { value: y, saved: { q, k, v, y, largest, inverse, ...(mask ? { mask } : {}) } };
    },
    backward: (dy, { q, k, v, y, largest, inverse }) => {
      let all: Tensor[] | undefined;
      const compute = () => (all ??= fused('AttentionGrad', [dy, q, k, v, y, largest, inverse, ...rules()], 3));
      return { q: () => compute()[0], k: () => compute()[1], v: () => compute()[2] };
    },
  });
}
