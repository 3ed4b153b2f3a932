import type { Random } from '@egolab/foundation';

/**
 * The order in which one pass visits a data set: shards are shuffled and read a few at a time, and the clips of each such window are
 * shuffled among themselves. Reading goes through the disk as a stream does, and where it stands is one number.
 *
 * @param shardSizes clips of each shard
 * @param windowShards shards whose clips are mixed
 * @returns every clip's number once
 */
export function streamOrder(shardSizes: readonly number[], windowShards: number, random: Random): Int32Array {
  const starts = startsOf(shardSizes);
  const shards = random.split('shards').shuffle(shardSizes.map((_, shard) => shard));
  const order = new Int32Array(shardSizes.reduce((sum, size) => sum + size, 0));
  const within = random.split('clips');
  for (let window = 0, end = 0; window < shards.length; window += windowShards) {
    const begin = end;
    for (const shard of shards.slice(window, window + windowShards))
      for (let i = 0; i < shardSizes[shard]; i++) order[end++] = starts[shard] + i;
    shuffleInPlace(order.subarray(begin, end), within);
  }
  return order;
}

function startsOf(sizes: readonly number[]): number[] {
  let sum = 0;
  return sizes.map((size) => (sum += size) - size);
}

/** Fisher-Yates. */
function shuffleInPlace(values: Int32Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [values[i], values[j]] = [values[j], values[i]];
  }
}
