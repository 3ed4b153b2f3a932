import { Random } from '@egolab/foundation';
import type { TokenSample } from './format.ts';
import { streamOrder } from './stream-order.ts';
import type { TokenShards } from './token-shards.ts';

/** One data set of a mixture. */
export interface MixtureSource {
  readonly name: string;
  readonly shards: TokenShards;
  /** how often it is drawn; default in proportion to its number of clips (section 3.3) */
  readonly weight?: number;
}

/** A clip of the mixture's stream. */
export interface MixtureSample extends TokenSample {
  readonly source: string;
  /** how often the stream has shown this clip before */
  readonly visit: number;
}

/** Positions whose sources are drawn together; between blocks only counts are kept. */
const BLOCK = 4096;

/** Shards that are shuffled among themselves. */
const WINDOW_SHARDS = 8;

/**
 * An endless stream of clips from several data sets: each position draws a data set in proportion to its weight, and takes the next
 * clip of that data set's own shuffled stream. What stands at a position is a function of the seed and of it alone, so training goes
 * on from any position with the same clips, whatever the batch size and the number of workers.
 */
export class TokenMixture {
  private readonly random: Random;
  private readonly cumulative: number[];
  /** of each block: how many clips of each source came before it */
  private readonly counts: number[][];
  private block: { index: number; sources: Uint16Array } | undefined;
  private readonly orders = new Map<number, { pass: number; order: Int32Array }>();

  constructor(
    private readonly sources: readonly MixtureSource[],
    seed: number,
    private readonly windowShards = WINDOW_SHARDS,
  ) {
    if (sources.length === 0) throw new Error('a mixture needs a data set at least');
    this.random = new Random(seed).split('token mixture');
    const weights = sources.map(({ weight, shards }) => weight ?? shards.length);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    this.cumulative = weights.map((weight) => (sum += weight) / total);
    this.counts = [sources.map(() => 0)];
  }

  /** clips of all data sets together */
  get length(): number {
    return this.sources.reduce((sum, { shards }) => sum + shards.length, 0);
  }

  /** The clip at a position of the stream, from 0. */
  read(position: number): MixtureSample {
    const { source, index, visit } = this.locate(position);
    const { name, shards } = this.sources[source];
    return { ...shards.read(index), source: name, visit };
  }

  /** Which clip it is, without reading it: number of the source and of the clip in it. */
  locate(position: number): { source: number; index: number; visit: number } {
    const number = Math.floor(position / BLOCK);
    const { sources } = this.blockAt(number);
    const source = sources[position % BLOCK];
    let count = this.counts[number][source];
    for (let i = 0; i < position % BLOCK; i++) if (sources[i] === source) count++;
    const { length } = this.sources[source].shards;
    const visit = Math.floor(count / length);
    return { source, index: this.order(source, visit)[count % length], visit };
  }

  private blockAt(number: number): { sources: Uint16Array } {
    if (this.block?.index === number) return this.block;
    while (this.counts.length <= number) {
      const next = [...this.counts.at(-1)!];
      for (const source of this.draw(this.counts.length - 1)) next[source]++;
      this.counts.push(next);
    }
    this.block = { index: number, sources: this.draw(number) };
    return this.block;
  }

  private draw(block: number): Uint16Array {
    const random = this.random.split('source', block);
    return Uint16Array.from({ length: BLOCK }, () => {
      const u = random.uniform();
      const source = this.cumulative.findIndex((bound) => u < bound);
      return source < 0 ? this.sources.length - 1 : source;
    });
  }

  private order(source: number, pass: number): Int32Array {
    const kept = this.orders.get(source);
    if (kept?.pass === pass) return kept.order;
    const { name, shards } = this.sources[source];
    const order = streamOrder(shards.shardSizes, this.windowShards, this.random.split('order', name, pass));
    this.orders.set(source, { pass, order });
    return order;
  }
}
