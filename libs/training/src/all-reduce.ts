import type { Tensor } from '@tensorflow/tfjs-node-gpu';

/**
 * The one seam between training and other machines: data-parallel workers on any engine (MPI, …) implement it, and
 * neither the training loop nor a stage changes. Every worker runs the same program on its share of each global batch.
 */
export interface AllReduce {
  /** this worker, in [0, size) */
  readonly rank: number;
  /** how many workers there are */
  readonly size: number;
  /**
   * The mean over all samples of all workers: `sum over workers of sampleCount * means / sum of sampleCount`. Every worker
   * calls it once a step, with the same names and shapes in the same order, and gets the same values. A worker without
   * samples in a short batch passes 0 and takes part.
   * @param means this worker's averages over its own samples: gradients by parameter name, and the step's scalars; given up to the callee
   * @returns tensors that the caller disposes of
   */
  reduce(means: Map<string, Tensor>, sampleCount: number): Promise<Map<string, Tensor>>;
}

/** One process: its own means are the means. */
export const singleProcess: AllReduce = { rank: 0, size: 1, reduce: async (means) => means };
