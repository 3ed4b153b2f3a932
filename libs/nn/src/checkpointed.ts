import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { precision, withPrecision } from './precision.ts';
import { engine, keepsSaved, needsGradient, recording, Tape, withoutRecording } from './tape.ts';
import { backpropagate } from './value-and-grads.ts';

/**
 * Gradient checkpointing (Chen et al. 2016): keep the inputs alone and run `fn` again in the backward pass. Parameters that `fn`
 * reads get their gradients too.
 *
 * @param fn a function of its inputs and of parameters: every other tensor that it reads and that was made inside the
 *   differentiated function (a mask, say) must be among `inputs`; dropout must draw from a seed
 * @returns what `fn` returns, one float32 tensor
 */
export function checkpointed(fn: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): Tensor {
  if (!engine.isTapeOn()) return tf.tidy(() => fn(...inputs));
  const flow = new Tape(wantsGradient(), false);
  const value = recording(flow, () => tf.tidy(() => tf.clone(fn(...inputs))));
  const sources = [...flow.used.values()];
  if (sources.length === 0) return value;

  const kept = keepsSaved() ? withoutRecording(() => inputs.map((input) => tf.keep(tf.clone(input)))) : [];
  const ran = precision();
  const backward = (dy: Tensor) => {
    const again = sources.map((source) => kept[inputs.indexOf(source)] ?? source);
    const ids = new Set(again.map((source) => source.id));
    const tape = new Tape((tensor) => ids.has(tensor.id));
    try {
      const value = recording(tape, () => tf.tidy(() => withPrecision(ran, () => fn(...kept))));
      const adjoints = backpropagate(tape, value, tf.clone(dy), again);
      return Object.fromEntries(adjoints.map((adjoint, i) => [i, () => adjoint ?? tf.zerosLike(sources[i])]));
    } finally {
      tape.release();
    }
  };
  engine.addTapeNode('checkpointed', Object.fromEntries(sources.entries()), [value], backward, kept, {});
  return value;
}

/** {@link needsGradient} as it answers now, under the tape that records now. */
function wantsGradient(): (tensor: Tensor) => boolean {
  const { activeTape } = engine.state;
  return activeTape instanceof Tape ? (tensor) => activeTape.reaches(tensor) : needsGradient;
}
