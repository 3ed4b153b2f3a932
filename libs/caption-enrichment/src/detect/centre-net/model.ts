import type { Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { conv2d, init, layerNorm, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { type CentreNetConfig, NUM_OUTPUTS, OUTPUTS } from './config.ts';

/** The heat map begins at this probability everywhere, so that the many empty cells don't dominate (Lin et al. 2017, section 3.3). */
const PRIOR = 0.05;

function blockSpecs(inputs: number, outputs: number, kernel = 3): ParameterSpecs {
  return {
    'conv.weight': { shape: [outputs, inputs, kernel, kernel], init: init.kaimingUniform(0) },
    'norm.weight': { shape: [outputs], init: init.ones() },
    'norm.bias': { shape: [outputs], init: init.zeros() },
  };
}

/** Parameters of {@link centreNet}. */
export function centreNetParameters({
  channels: [fine, middle, coarse],
  pyramidChannels: pyramid,
}: CentreNetConfig): ParameterSpecs {
  return {
    ...prefixed('backbone.0', blockSpecs(3, fine)),
    ...prefixed('backbone.1', blockSpecs(fine, middle)),
    ...prefixed('backbone.2', blockSpecs(middle, coarse)),
    ...prefixed('backbone.3', blockSpecs(coarse, coarse)),
    ...prefixed('lateral.0', blockSpecs(middle, pyramid, 1)),
    ...prefixed('lateral.1', blockSpecs(coarse, pyramid, 1)),
    ...prefixed('pyramid', blockSpecs(pyramid, pyramid)),
    ...prefixed('head.0', blockSpecs(pyramid, pyramid)),
    'head.1.weight': { shape: [NUM_OUTPUTS, pyramid, 1, 1], init: init.normal(0.01) },
    'head.1.bias': { shape: [NUM_OUTPUTS], init: outputBias },
  };
}

/** Zero but for the heat map's, which starts at {@link PRIOR}. */
const outputBias = (shape: number[]): Float32Array =>
  new Float32Array(shape[0]).fill(Math.log(PRIOR / (1 - PRIOR)), 0, OUTPUTS.heat.size);

/**
 * A small anchor-free detector: convolutions down to an eighth of the image, merged back into a quarter (a feature pyramid, Lin et al. 2017),
 * and one head for everything, as CenterNet (Zhou et al. 2019, "Objects as Points") with the hand's attributes of Shan et al. 2020.
 *
 * @param pixels values -1..1, `[image, size, size, 3]`
 * @returns `[image, size / 4, size / 4, 18]`, channels as {@link OUTPUTS}
 */
export function centreNet(p: Scope, pixels: Tensor): Tensor {
  const middle = block(p.scope('backbone.1'), block(p.scope('backbone.0'), pixels, 2), 2);
  const coarse = block(p.scope('backbone.3'), block(p.scope('backbone.2'), middle, 2));
  const merged = tf.add(block(p.scope('lateral.0'), middle), doubled(block(p.scope('lateral.1'), coarse)));
  return conv2d(p.scope('head.1'), block(p.scope('head.0'), block(p.scope('pyramid'), merged)));
}

function block(p: Scope, x: Tensor, stride = 1): Tensor {
  const padding = p.get('conv.weight').shape[2] === 3 ? 1 : 0;
  return tf.relu(layerNorm(p.scope('norm'), conv2d(p.scope('conv'), x, { stride, padding })));
}

const doubled = (x: Tensor): Tensor =>
  tf.image.resizeNearestNeighbor(x as Tensor4D, [2 * x.shape[1]!, 2 * x.shape[2]!]);

/** Channels of one output. */
export function output(map: Tensor, name: keyof typeof OUTPUTS): Tensor {
  const { start, size } = OUTPUTS[name];
  const [images, rows, columns] = map.shape;
  return tf.slice(map, [0, 0, 0, start], [images, rows, columns, size]);
}
