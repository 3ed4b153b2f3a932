import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** What tfjs's engine records of one op (tfjs-core, tape.ts). */
export interface TapeNode {
  kernelName: string;
  inputs: Record<string, Tensor | null | undefined>;
  outputs: Tensor[];
  saved: Tensor[];
  gradient?: (dys: (Tensor | null)[]) => Record<string, () => Tensor>;
}

/** tfjs's engine, as far as automatic differentiation needs it (tfjs-core, engine.ts). */
interface Engine {
  state: { activeTape: TapeNode[] | null; gradientDepth: number; kernelDepth: number };
  isTapeOn(): boolean;
  addTapeNode(
    kernelName: string,
    inputs: Record<string, Tensor>,
    outputs: Tensor[],
    gradient: (dy: Tensor, saved: Tensor[]) => Record<string, () => Tensor>,
    saved: Tensor[],
    attributes: object,
  ): void;
}

export const engine = tf.engine() as unknown as Engine;

/** Kernels whose gradient reads no more than the shapes of what tfjs saved for it: their data needn't stay. */
const readsOnlyShapes = new Set(
  'Add AddN BroadcastTo Cast Concat ExpandDims Identity Mean PadV2 Reshape Slice SplitV Sub Sum Transpose'.split(' '),
);

/**
 * A tape that records only what the wanted tensors flow through, so that nothing is saved for frozen parameters.
 * It stands in tfjs's `activeTape`.
 */
export class Tape extends Array<TapeNode> {
  // Array's methods (slice, map, …) shall make plain arrays
  static override get [Symbol.species]() {
    return Array;
  }
  private readonly reached = new Set<number>();
  /** Wanted tensors that an op took as input, by their ids. */
  readonly used = new Map<number, Tensor>();

  /**
   * @param wants whether a gradient for this tensor is wanted (a variable, an input)
   * @param keepsSaved false: record the flow alone and keep no tensor for a backward pass
   */
  constructor(
    private readonly wants: (tensor: Tensor) => boolean,
    readonly keepsSaved = true,
  ) {
    super();
  }

  /** Whether a gradient flows into `tensor`. */
  reaches(tensor: Tensor): boolean {
    return this.reached.has(tensor.id) || this.wants(tensor);
  }

  override push(node: TapeNode): number {
    const inputs = Object.values(node.inputs).filter((input) => input != null);
    const flowing = inputs.filter((input) => this.reaches(input));
    const outputs = node.outputs.filter((output) => output.dtype === 'float32');
    const recorded = flowing.length > 0 && outputs.length > 0;
    if (!recorded || !this.keepsSaved || readsOnlyShapes.has(node.kernelName))
      for (const tensor of node.saved) tensor.dispose();
    if (!recorded) return this.length;
    for (const input of flowing) if (!this.reached.has(input.id)) this.used.set(input.id, input);
    for (const output of outputs) this.reached.add(output.id);
    return this.keepsSaved ? super.push(node) : this.length;
  }

  /** Dispose what is saved for nodes that no backward pass visited. */
  release(): void {
    for (const node of this) for (const tensor of node.saved) tensor.dispose();
    this.length = 0;
  }
}

/** Run `f` with `tape` recording; the tapes nest. */
export function recording<T>(tape: Tape, f: () => T): T {
  const { state } = engine;
  const { activeTape, kernelDepth } = state;
  state.activeTape = tape;
  state.kernelDepth = 0;
  state.gradientDepth++;
  try {
    return f();
  } finally {
    state.gradientDepth--;
    state.kernelDepth = kernelDepth;
    state.activeTape = activeTape;
  }
}

/** Run `f` without recording. */
export function withoutRecording<T>(f: () => T): T {
  engine.state.kernelDepth++;
  try {
    return f();
  } finally {
    engine.state.kernelDepth--;
  }
}

/** Whether a gradient will flow into `tensor`: ops save nothing for those where none does. */
export function needsGradient(tensor: Tensor): boolean {
  if (!engine.isTapeOn()) return false;
  const { activeTape } = engine.state;
  return activeTape instanceof Tape ? activeTape.reaches(tensor) : true;
}

/** Whether ops should keep tensors for a backward pass. */
export function keepsSaved(): boolean {
  if (!engine.isTapeOn()) return false;
  const { activeTape } = engine.state;
  return activeTape instanceof Tape ? activeTape.keepsSaved : true;
}
