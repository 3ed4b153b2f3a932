/** What a side of the benchmark can be told, one line each. */
export type Command =
  /** loss and the norm of each parameter's gradient, without an update */
  | 'gradients'
  /** one step: loss, wall time and the process's CPU time in seconds */
  | 'step'
  /** forget the peak memory so far */
  | 'reset'
  /** peak and present resident memory of the process in bytes, and tensors alive */
  | 'memory';

export interface Answer {
  loss?: number;
  norms?: Record<string, number>;
  seconds?: number;
  cpu?: number;
  peak?: number;
  resident?: number;
  tensors?: number;
}
