import { type Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { type LoraAdapter, loraScale } from './lora.ts';

/** The weights that a merge replaced, by parameter name. */
export type ReplacedWeights = ReadonlyMap<string, Float32Array>;

/**
 * Add an adapter's update to the weights: W + (alpha / r) B A. The model then computes, without the adapter, what it
 * computed with it (dropout off).
 *
 * @returns the weights as they were, for `unmergeLora`: subtracting the update again would not give the same bits
 */
export function mergeLora(model: Parameters, { config, parameters }: LoraAdapter): ReplacedWeights {
  const replaced = new Map<string, Float32Array>();
  for (const name of parameters.names()) {
    if (!name.endsWith('.lora_A.weight')) continue;
    const path = name.slice(0, -'.lora_A.weight'.length);
    const weight = model.get(`${path}.weight`);
    replaced.set(`${path}.weight`, weight.dataSync<'float32'>().slice());
    tf.tidy(() => {
      const update = tf.matMul(parameters.get(`${path}.lora_B.weight`), parameters.get(name));
      weight.assign(tf.add(weight, tf.mul(update, loraScale(config))));
    });
  }
  return replaced;
}

/** Undo a merge, to the bit. */
export function unmergeLora(model: Parameters, replaced: ReplacedWeights): void {
  for (const [name, values] of replaced) model.assign(name, values);
}
