import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { conv2d, convTranspose2d, gelu, init, layerNorm, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { pyramidScales } from './config.ts';
import type { DepthDecoderConfig } from './config.ts';

/** Over channels, as detectron2's "LN". */
const EPS = 1e-6;
/** A level is named by log2 of its stride in pixels, patches being 16 pixels wide: 1x is `simfp_4`. */
const stage = (scale: number): string => `simfp_${4 - Math.log2(scale)}`;

const norm = (channels: number): ParameterSpecs => ({
  weight: { shape: [channels], init: init.ones() },
  bias: { shape: [channels], init: init.zeros() },
});

/** Channels before, between and after a level's up-sampling steps: each halves them. */
function widths(hidden: number, scale: number): number[] {
  return Array.from({ length: 1 + Math.log2(scale) }, (_, step) => hidden / 2 ** step);
}

/** Parameters of ViTDet's simple feature pyramid (Li et al. 2022), named as detectron2's Sequential modules: `simfp_N.M`. */
export function pyramidParameters(config: DepthDecoderConfig): ParameterSpecs {
  const { hiddenDim: hidden } = config;
  const levels = pyramidScales(config).map((scale) => {
    const channels = widths(hidden, scale);
    const level: ParameterSpecs = {};
    let module = 0;
    for (let step = 1; step < channels.length; step++) {
      if (step > 1) {
        Object.assign(level, prefixed(`${module}`, norm(channels[step - 1])));
        module += 2; // norm and GELU
      }
      const [inputs, outputs] = [channels[step - 1], channels[step]];
      Object.assign(
        level,
        prefixed(`${module++}`, {
          weight: { shape: [inputs, outputs, 2, 2], init: init.kaimingUniform() },
          bias: { shape: [outputs], init: init.zeros() },
        }),
      );
    }
    for (const [inputs, kernel] of [
      [channels.at(-1)!, 1],
      [hidden, 3],
    ]) {
      Object.assign(
        level,
        prefixed(`${module++}`, {
          weight: { shape: [hidden, inputs, kernel, kernel], init: init.kaimingUniform() },
          ...prefixed('norm', norm(hidden)),
        }),
      );
    }
    return prefixed(stage(scale), level);
  });
  return Object.assign({}, ...levels) as ParameterSpecs;
}

/**
 * The pyramid of section 3.2, from the encoder's last map alone. A level of scale s: log2(s) transposed convolutions with
 * norm and GELU between them, then a 1x1 and a 3x3 convolution, each normalised over channels.
 *
 * @param p scope holding `simfp_N`
 * @param x `[image, height, width, hidden]`
 * @returns by scale: `[image, scale * height, scale * width, hidden]`
 */
export function featurePyramid(p: Scope, config: DepthDecoderConfig, x: Tensor): Map<number, Tensor> {
  return new Map(
    pyramidScales(config).map((scale) => {
      const level = p.scope(stage(scale));
      let module = 0;
      let map = x;
      for (let step = 0; step < Math.log2(scale); step++) {
        if (step > 0) {
          map = gelu(layerNorm(level.scope(`${module}`), map, EPS));
          module += 2;
        }
        map = convTranspose2d(level.scope(`${module++}`), map, { stride: 2 });
      }
      for (const padding of [0, 1]) {
        const convolution = level.scope(`${module++}`);
        map = layerNorm(convolution.scope('norm'), conv2d(convolution, map, { padding }), EPS);
      }
      return [scale, map];
    }),
  );
}
