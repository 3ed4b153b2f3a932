import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/**
 * Keys and values of the tokens that were read so far, so that each new token costs one token's work.
 * The cache owns its tensors, outside any tidy, until `dispose`.
 */
export class KeyValueCache {
  private readonly layers: { keys: Tensor; values: Tensor }[] = [];

  /** Tokens held. */
  get length(): number {
    return this.layers.at(0)?.keys.shape[1] ?? 0;
  }

  /**
   * Add the keys and values of new tokens, `[batch, new, keyValueHeads, headDim]`, to a layer's.
   *
   * @returns all of the layer's; still the cache's own
   */
  append(layer: number, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor } {
    const held = this.layers[layer] as { keys: Tensor; values: Tensor } | undefined;
    const grown = {
      keys: tf.keep(held ? tf.concat([held.keys, keys], 1) : keys.clone()),
      values: tf.keep(held ? tf.concat([held.values, values], 1) : values.clone()),
    };
    held?.keys.dispose();
    held?.values.dispose();
    return (this.layers[layer] = grown);
  }

  dispose(): void {
    for (const { keys, values } of this.layers) {
      keys.dispose();
      values.dispose();
    }
    this.layers.length = 0;
  }
}
