import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { engine, keepsSaved, needsGradient, Tape, withoutRecording } from './tape.ts';

type Tensors = Record<string, Tensor>;

/** One op with a gradient of its own. */
export interface Differentiable<Saved extends Tensors> {
  /** Its name on the tape, for error messages. */
  name: string;
  inputs: Tensors;
  /** The value, and what the backward pass needs of it. Intermediates are disposed. `needs` says for which inputs a gradient is wanted. */
  forward(needs: (input: string) => boolean): { value: Tensor; saved: Saved };
  /** For each input, how to compute its gradient; only the wanted ones are called. */
  backward(dy: Tensor, saved: Saved): Record<string, () => Tensor>;
}

/**
 * Run an op whose gradient we write ourselves. Unlike `tf.customGrad` it computes only the gradients that are wanted and saves
 * only what those need.
 */
export function differentiable<Saved extends Tensors>({
  name,
  inputs,
  forward,
  backward,
}: Differentiable<Saved>): Tensor {
  const wanted = new Set(Object.keys(inputs).filter((input) => needsGradient(inputs[input])));
  const saves = wanted.size > 0 && keepsSaved();
  const kept: Tensors = {};
  const value = withoutRecording(() =>
    tf.tidy(() => {
      const { value, saved } = forward((input) => wanted.has(input));
      if (saves) for (const [key, tensor] of Object.entries(saved)) kept[key] = tf.keep(tf.clone(tensor));
      return value;
    }),
  );
  if (wanted.size > 0) {
    const gradient = engine.state.activeTape instanceof Tape ? backward : eager(backward, wanted);
    engine.addTapeNode(name, inputs, [value], (dy) => gradient(dy, kept as Saved), Object.values(kept), {});
  }
  return value;
}

/** tfjs's own walk disposes what one input's gradient leaves before it asks for the next: compute all at once for it. */
function eager<Saved extends Tensors>(
  backward: Differentiable<Saved>['backward'],
  wanted: Set<string>,
): typeof backward {
  return (dy, saved) => {
    const gradients = backward(dy, saved);
    const computed = [...wanted].map((input): [string, Tensor] => [input, gradients[input]()]);
    return Object.fromEntries(computed.map(([input, gradient]) => [input, () => tf.clone(gradient)]));
  };
}
