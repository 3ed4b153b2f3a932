import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { backend, tf, type NativeBinding } from '@egolab/runtime';
import { Parameters, type ParameterSpecs } from '@egolab/nn';
import type { Cost } from './costs.ts';
import { ShapeBinding } from './shape-binding.ts';

/** A trace under way. */
export interface Trace {
  /** Bytes of all tensors that live now. */
  liveBytes(): number;
  /** What `f` takes. Its tensors are its own to dispose of. */
  measure(f: () => void): Cost;
  /** A model's parameters without numbers: they cost no memory, whatever their size. */
  parameters(specs: ParameterSpecs): Parameters;
}

/**
 * Run a program without computing: inside of `f` TensorFlow is replaced by rules that say each result's shape, forwards and backwards,
 * through tfjs and `nativeOp` alike. The program is the real one, so its costs are too. Numbers that it reads back are zeros.
 *
 * Tensors made outside can't be used inside, nor the other way round; everything that `f` makes must be gone when it ends.
 */
export function trace<T>(f: (trace: Trace) => T): T {
  const owner = backend as { binding: NativeBinding };
  const real = owner.binding;
  const shapes = ShapeBinding.over(real);
  const { costs } = shapes;
  owner.binding = shapes;
  try {
    return tf.tidy(
      () =>
        f({
          liveBytes: () => costs.liveBytes,
          measure(work) {
            costs.begin();
            work();
            return costs.end();
          },
          parameters: (specs) => Parameters.read(specs, (_, shape) => zeros(shape)),
        }) as Tensor,
    ) as T;
  } finally {
    owner.binding = real;
  }
}

let shared = new ArrayBuffer(0);

/** A view of memory that all of them share and no one reads or writes. */
function zeros(shape: readonly number[]): Float32Array {
  const length = shape.reduce((product, each) => product * each, 1);
  if (shared.byteLength < 4 * length) shared = new ArrayBuffer(4 * length);
  return new Float32Array(shared, 0, length);
}
