import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';

/** Depth goes through the tokenizer of colour videos as three equal channels: `[..., height, width]` to `[..., height, width, 3]`. */
export function depthToColour(depth: Tensor): Tensor {
  return tf.tidy(() => tf.stack([depth, depth, depth], -1));
}

/** … and comes back as their mean: `[..., height, width, 3]` to `[..., height, width]`. */
export function colourToDepth(video: Tensor): Tensor {
  return tf.mean(video, -1);
}
