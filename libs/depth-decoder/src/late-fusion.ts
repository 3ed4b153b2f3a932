import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { init, linear, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { z } from 'zod';

const count = z.number().int().positive();

/**
 * Action recognition with predicted depth (EgoDTM section 4.4, Table 7): "a simple MLP to encode depth maps", fused late. What is
 * fused, features or scores, isn't said; here the features stand side by side before one linear classifier.
 */
export const lateFusionConfigSchema = z.strictObject({
  /** channels of the video feature */
  videoDim: count,
  numClasses: count,
  /** the MLP of the depth maps; null: RGB alone */
  depth: z
    .strictObject({
      /** values of a clip's maps, time * height * width */
      size: count,
      hiddenDim: count,
      /** channels of the depth feature */
      outputDim: count,
    })
    .nullable(),
});
export type LateFusionConfig = z.infer<typeof lateFusionConfigSchema>;

const linearSpecs = (inputs: number, outputs: number): ParameterSpecs => ({
  weight: { shape: [outputs, inputs], init: init.kaimingUniform() },
  bias: { shape: [outputs], init: init.zeros() },
});

/** Parameters: `depth_mlp.0`, `depth_mlp.2` (PyTorch's Sequential) and `classifier`. */
export function lateFusionParameters({ videoDim, numClasses, depth }: LateFusionConfig): ParameterSpecs {
  return {
    ...(depth && prefixed('depth_mlp.0', linearSpecs(depth.size, depth.hiddenDim))),
    ...(depth && prefixed('depth_mlp.2', linearSpecs(depth.hiddenDim, depth.outputDim))),
    ...prefixed('classifier', linearSpecs(videoDim + (depth?.outputDim ?? 0), numClasses)),
  };
}

/**
 * Class logits of video features and, where the configuration has the MLP, of depth maps.
 *
 * @param p scope holding the parameters
 * @param video `[batch, videoDim]`
 * @param maps inverse depth in [0, 1], `[batch, size]`
 * @returns `[batch, numClasses]`
 */
export function lateFusion(p: Scope, { depth }: LateFusionConfig, video: Tensor, maps?: Tensor): Tensor {
  if (!depth) return linear(p.scope('classifier'), video);
  if (maps?.shape[1] !== depth.size)
    throw new Error(`lateFusion: expected depth maps [batch, ${depth.size}], got [${maps?.shape ?? 'none'}]`);
  const mlp = p.scope('depth_mlp');
  const encoded = linear(mlp.scope('2'), tf.relu(linear(mlp.scope('0'), maps)));
  return linear(p.scope('classifier'), tf.concat([video, encoded], 1));
}
