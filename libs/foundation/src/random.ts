import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';

/** Where a generator stands; JSON, so that a checkpoint can hold it. */
export type RandomState = readonly number[];

/**
 * Seeded random numbers. One seed a run; every purpose splits its own stream off it, so that adding a draw in one
 * place never changes another: `new Random(seed).split('stage2', 'dropout', step)`.
 */
export class Random {
  private readonly key: string;
  private readonly generator;

  constructor(seed: number | string, state?: RandomState) {
    this.key = String(seed);
    const hash = createHash('sha256').update(this.key).digest();
    this.generator = xoroshiro128plusFromState(
      state ?? [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12)],
    );
  }

  /** An independent stream that depends on this one's seed and the purpose, not on what was drawn so far. */
  split(...purpose: (string | number)[]): Random {
    return new Random(`${this.key}/${purpose.join('/')}`);
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * uniformFloat64(this.generator);
  }

  /** Integer in [low, high], both ends included. */
  integer(low: number, high: number): number {
    return uniformInt(this.generator, low, high);
  }

  /** Standard normal by Box-Muller. */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('choice of an empty list');
    return items[this.integer(0, items.length - 1)];
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }

  state(): RandomState {
    return this.generator.getState();
  }
}
