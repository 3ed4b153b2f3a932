export type Precision = 'float32' | 'bfloat16';

let current: Precision = 'float32';

/** The precision that matmul-like ops compute in now. */
export function precision(): Precision {
  return current;
}

/**
 * Run `fn` with matmul-like ops (linear, attention, convolution) on inputs of this precision, like torch.autocast: parameters,
 * results, norms and reductions stay float32. What an op saves for its backward pass is kept in this precision too.
 */
export function withPrecision<T>(next: Precision, fn: () => T): T {
  const before = current;
  current = next;
  try {
    return fn();
  } finally {
    current = before;
  }
}
