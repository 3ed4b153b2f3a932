const radixBits = 11;
const radix = 1 << radixBits;
const mask = radix - 1;
const passes = 3; // 3 x 11 bits hold a float32

/**
 * Ranks lists of scores of one length: the largest first, of equal scores the lower index first. A radix sort on the bits
 * of the float32 values, so time and memory don't depend on how many are equal; buffers are reused from call to call.
 */
export class Ranker {
  private readonly bits: Uint32Array;
  private readonly floats: Float32Array;
  private readonly order: Int32Array;
  private readonly other: Int32Array;
  /** of each pass: how many items have each digit, then where the next of them goes */
  private readonly counts = new Int32Array(passes * radix);

  constructor(readonly length: number) {
    this.floats = new Float32Array(length);
    this.bits = new Uint32Array(this.floats.buffer);
    this.order = new Int32Array(length);
    this.other = new Int32Array(length);
  }

  /**
   * @param scores read at `offset`, `offset + stride`, …; no NaN
   * @returns [length] positions in the list, best first; valid until the next call
   */
  rank(scores: Float32Array, offset = 0, stride = 1): Int32Array {
    const { floats, bits, counts, length } = this;
    for (let i = 0, at = offset; i < length; i++, at += stride) floats[i] = scores[at] + 0; // -0 equals 0
    counts.fill(0);
    for (let i = 0; i < length; i++) {
      const key = (bits[i] = descending(bits[i]));
      counts[key & mask]++;
      counts[radix + ((key >>> radixBits) & mask)]++;
      counts[2 * radix + (key >>> (2 * radixBits))]++;
    }
    let [from, to] = [this.order, this.other];
    for (let i = 0; i < length; i++) from[i] = i;
    for (let pass = 0; pass < passes; pass++) {
      this.scatter(from, to, pass);
      [from, to] = [to, from];
    }
    return from;
  }

  /** One pass of the radix sort: by 11 bits, of equal ones in the order that is. */
  private scatter(from: Int32Array, to: Int32Array, pass: number): void {
    const { bits, length } = this;
    const places = this.counts.subarray(pass * radix, (pass + 1) * radix);
    for (let digit = 0, begin = 0; digit < radix; digit++) {
      const count = places[digit];
      places[digit] = begin;
      begin += count;
    }
    const shift = pass * radixBits;
    for (let i = 0; i < length; i++) {
      const item = from[i];
      to[places[(bits[item] >>> shift) & mask]++] = item;
    }
  }
}

/** The bits of a float32 as an unsigned number that grows as the float falls. */
function descending(bits: number): number {
  return bits & 0x80000000 ? bits : ~(bits | 0x80000000);
}

/** Positions of `scores`, the largest first, of equal scores the lower index first. */
export function rank(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  return order.sort((a, b) => scores[b] - scores[a] || a - b);
}
