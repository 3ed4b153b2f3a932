import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { recording, Tape } from './tape.ts';
import type { TapeNode } from './tape.ts';

/**
 * Value and gradients of `f`, by our own walk over tfjs's tape: it frees adjoints and saved tensors as it goes, computes nothing
 * for what isn't in `variables`, and keeps nothing of `f` but its value and what was passed to `tf.keep`.
 *
 * Intermediates of `f` that no gradient needs live until `f` returns: wrap blocks of a deep model in `tf.tidy` to free them earlier.
 *
 * @param f returns the loss, a float32 scalar
 * @param variables every one gets a gradient of its own shape; zeros if `f` doesn't depend on it
 * @returns value and gradients by `variable.name`, owned by the caller's tidy
 * @throws Error when an op on the way has no gradient
 */
export function valueAndGrads(
  f: () => Scalar,
  variables: Iterable<Variable>,
): { value: Scalar; grads: Map<string, Tensor> } {
  const wanted = [...variables];
  const ids = new Set(wanted.map((variable) => variable.id));
  const tape = new Tape((tensor) => ids.has(tensor.id));
  try {
    const [value, ...grads] = tf.tidy(() => {
      const value = recording(tape, () => tf.tidy(f));
      if (value.size !== 1 || value.dtype !== 'float32') {
        throw new Error(`valueAndGrads: expected a float32 scalar from f, got ${value.dtype} [${value.shape}]`);
      }
      const adjoints = backpropagate(tape, value, tf.onesLike(value), wanted);
      return [value, ...adjoints.map((adjoint, i) => adjoint ?? tf.zerosLike(wanted[i]))];
    });
    return { value: value as Scalar, grads: new Map(wanted.map((variable, i) => [variable.name, grads[i]])) };
  } finally {
    tape.release();
  }
}

/**
 * Walk the tape backwards from `y`.
 *
 * @param dy adjoint of `y`; consumed
 * @returns the adjoint of each of `xs`, undefined where `y` doesn't depend on it; owned by the caller's tidy
 */
export function backpropagate(tape: Tape, y: Tensor, dy: Tensor, xs: Tensor[]): (Tensor | undefined)[] {
  const adjoints = new Map<number, Tensor>([[y.id, dy]]);
  for (let node = tape.pop(); node; node = tape.pop()) {
    const dys = node.outputs.map((output) => adjoints.get(output.id) ?? null);
    if (dys.some((adjoint) => adjoint !== null)) {
      for (const [input, dx] of inputAdjoints(tape, node, dys)) accumulate(adjoints, input, dx);
      node.outputs.forEach((output, i) => {
        adjoints.delete(output.id);
        dys[i]?.dispose();
      });
    }
    for (const saved of node.saved) saved.dispose();
  }
  return xs.map((x) => adjoints.get(x.id));
}

function inputAdjoints(tape: Tape, node: TapeNode, dys: (Tensor | null)[]): [Tensor, Tensor][] {
  const { gradient } = node;
  if (!gradient) throw new Error(`no gradient is known for ${node.kernelName}`);
  const inputs = Object.entries(node.inputs).filter(
    (entry): entry is [string, Tensor] => entry[1] != null && tape.reaches(entry[1]),
  );
  const grads = tf.tidy(() => {
    const gradients = gradient(dys);
    // a gradient may be dy itself, or one tensor for two inputs: each needs its own handle
    return inputs.map(([name]) => tf.clone(gradients[name]()));
  });
  return inputs.map(([name, input], i) => {
    const got = grads[i].shape;
    if (String(got) !== String(input.shape))
      throw new Error(`gradient of ${node.kernelName} for '${name}': expected [${input.shape}], got [${got}]`);
    return [input, grads[i]];
  });
}

function accumulate(adjoints: Map<number, Tensor>, x: Tensor, dx: Tensor): void {
  const before = adjoints.get(x.id);
  adjoints.set(x.id, before ? tf.add(before, dx) : dx);
  if (before) tf.dispose([before, dx]);
}
