import type { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';

/** Where in training a batch belongs, and the random numbers that are its own. */
export interface BatchContext {
  /** optimiser step, counted from 1 */
  step: number;
  /** position among this worker's micro-batches of the step */
  microStep: number;
  /** a stream of this seed, step, micro-batch and worker alone: what was drawn before doesn't matter */
  random: Random;
  /** a stream of this seed and step, the same in every micro-batch and worker */
  stepRandom: Random;
  /** which samples of the step's global batch these are: from `begin` up to `end`, of `size` */
  span: { begin: number; end: number; size: number };
}

/** One pass of the model. */
export interface MicroBatch {
  indices: number[];
  /** the share of the worker's mean that this one's mean is; 0 for a worker that only keeps step */
  weight: number;
  context: BatchContext;
}

/**
 * Loads each batch while the one before is computed: at most one ahead, in order, so that memory stays bounded and the
 * sequence of `load` calls never changes.
 */
export class BatchLoader<B> {
  private ahead: { batch: Promise<B>; micro: MicroBatch } | undefined;

  constructor(
    private readonly micros: Iterator<MicroBatch>,
    private readonly load: (indices: number[], context: BatchContext) => Promise<B>,
  ) {}

  /** The next batch; its tensors are the caller's to dispose of. */
  async next(): Promise<{ batch: B; micro: MicroBatch }> {
    const current = this.ahead ?? this.begin();
    if (!current) throw new Error('there are no more batches');
    this.ahead = undefined;
    const batch = await current.batch;
    this.ahead = this.begin();
    return { batch, micro: current.micro };
  }

  /** Wait for what is being loaded, and drop it. */
  async close(): Promise<void> {
    disposeTensors(await this.ahead?.batch.catch(() => undefined));
    this.ahead = undefined;
  }

  private begin(): { batch: Promise<B>; micro: MicroBatch } | undefined {
    const next = this.micros.next();
    if (next.done) return undefined;
    const micro: MicroBatch = next.value;
    const batch = (async () => this.load(micro.indices, micro.context))();
    batch.catch(() => undefined); // reported when its turn comes
    return { batch, micro };
  }
}

/** Dispose of every tensor in a batch: a tensor, or lists and records of them, however nested. Other values are left alone. */
export function disposeTensors(value: unknown): void {
  if (value instanceof tf.Tensor) value.dispose();
  else if (Array.isArray(value)) value.forEach(disposeTensors);
  else if (isRecord(value)) Object.values(value).forEach(disposeTensors);
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
