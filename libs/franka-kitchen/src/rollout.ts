import type { FrankaKitchen, KitchenImages, Observation } from './kitchen.ts';

/** What an episode of a policy came to. */
export interface Rollout {
  readonly seed: number;
  readonly success: boolean;
  readonly steps: number;
  /** pictures on the way, the first and the last among them; none if the kitchen was opened without */
  readonly frames: readonly KitchenImages[];
}

/** An action `[9]` for an observation. */
export type Act = (observation: Observation) => Float32Array;

/**
 * Let a policy act until the task is done or the episode's time is over.
 * @param signal aborted: the episode is given up
 */
export async function rollout(kitchen: FrankaKitchen, act: Act, seed: number, signal?: AbortSignal): Promise<Rollout> {
  let observation = await kitchen.reset(seed);
  const frames: KitchenImages[] = [];
  let steps = 0;
  while (!observation.done) {
    signal?.throwIfAborted();
    if (observation.image) frames.push(observation.image);
    observation = await kitchen.step(act(observation));
    steps++;
  }
  if (observation.image) frames.push(observation.image);
  return { seed, success: observation.success, steps, frames };
}
