import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { conv2d, convTranspose2d, init, prefixed } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { dinov2, dinov2Parameters } from './backbone.ts';
import type { DepthAnythingConfig } from './config.ts';
import { resizeBilinear } from './resize.ts';

const convSpecs = (inputs: number, outputs: number, kernel: number, bias = true): ParameterSpecs => ({
  weight: { shape: [outputs, inputs, kernel, kernel], init: init.normal(0.02) },
  ...(bias ? { bias: { shape: [outputs], init: init.zeros() } } : {}),
});

/** Names and shapes of transformers' DepthAnythingForDepthEstimation. */
export function depthAnythingParameters(config: DepthAnythingConfig): ParameterSpecs {
  const { neck_hidden_sizes: necks, fusion_hidden_size: fusion } = config;
  return {
    ...prefixed('backbone', dinov2Parameters(config.backbone_config)),
    ...perStage(necks, (size, stage) => ({
      ...prefixed(`neck.reassemble_stage.layers.${stage}`, reassembleSpecs(config, size, stage)),
      ...prefixed(`neck.convs.${stage}`, convSpecs(size, fusion, 3, false)),
      ...prefixed(`neck.fusion_stage.layers.${stage}`, fusionSpecs(fusion)),
    })),
    ...prefixed('head.conv1', convSpecs(fusion, Math.floor(fusion / 2), 3)),
    ...prefixed('head.conv2', convSpecs(Math.floor(fusion / 2), config.head_hidden_size, 3)),
    ...prefixed('head.conv3', convSpecs(config.head_hidden_size, 1, 1)),
  };
}

const perStage = (sizes: readonly number[], specs: (size: number, stage: number) => ParameterSpecs): ParameterSpecs =>
  Object.assign({}, ...sizes.map(specs)) as ParameterSpecs;

function reassembleSpecs(config: DepthAnythingConfig, size: number, stage: number): ParameterSpecs {
  const factor = config.reassemble_factors[stage];
  const resize =
    factor > 1
      ? {
          weight: { shape: [size, size, factor, factor], init: init.normal(0.02) },
          bias: { shape: [size], init: init.zeros() },
        }
      : convSpecs(size, size, 3);
  return {
    ...prefixed('projection', convSpecs(config.reassemble_hidden_size, size, 1)),
    ...(factor === 1 ? {} : prefixed('resize', resize)),
  };
}

function fusionSpecs(size: number): ParameterSpecs {
  const unit = {
    ...prefixed('convolution1', convSpecs(size, size, 3)),
    ...prefixed('convolution2', convSpecs(size, size, 3)),
  };
  return {
    ...prefixed('projection', convSpecs(size, size, 1)),
    ...prefixed('residual_layer1', unit), // unused in the first stage, but in every checkpoint
    ...prefixed('residual_layer2', unit),
  };
}

/**
 * Depth Anything V2 (Yang et al. 2024): DINOv2 tokens of four blocks, a DPT neck (Ranftl et al. 2021) and a convolutional head.
 *
 * @param pixels normalised by the folder's processor, `[image, height, width, 3]`, sides multiples of `patch_size`
 * @returns `[image, height, width]`: inverse depth up to scale and shift (`relative`) or metres (`metric`)
 */
export function depthAnything(p: Scope, config: DepthAnythingConfig, pixels: Tensor): Tensor {
  return tf.tidy(() => {
    const [rows, columns] = [pixels.shape[1]! / config.patch_size, pixels.shape[2]! / config.patch_size];
    const tokens = dinov2(p.scope('backbone'), config.backbone_config, pixels);
    const fused = neck(p.scope('neck'), config, tokens, rows, columns);
    return head(p.scope('head'), config, fused, rows * config.patch_size, columns * config.patch_size);
  });
}

/** Tokens to maps of 4, 2, 1 and 1/2 times the patch grid, fused from the coarsest to the finest. */
function neck(p: Scope, config: DepthAnythingConfig, tokens: Tensor[], rows: number, columns: number): Tensor {
  const features = tokens.map((state, stage) => {
    const [images, , hidden] = state.shape;
    const patches = tf.slice(state, [0, 1, 0], [images, rows * columns, hidden]);
    const map = reassemble(
      p.scope(`reassemble_stage.layers.${stage}`),
      config.reassemble_factors[stage],
      tf.reshape(patches, [images, rows, columns, hidden]),
    );
    return conv2d(p.scope(`convs.${stage}`), map, { padding: 1 });
  });
  const coarseFirst = features.reverse();
  let fused: Tensor | undefined;
  coarseFirst.forEach((feature, stage) => {
    const next = coarseFirst[stage + 1];
    fused = fuse(p.scope(`fusion_stage.layers.${stage}`), fused, feature, next);
  });
  return fused!;
}

function reassemble(p: Scope, factor: number, map: Tensor): Tensor {
  const projected = conv2d(p.scope('projection'), map);
  if (factor > 1) return convTranspose2d(p.scope('resize'), projected, { stride: factor });
  if (factor < 1) return conv2d(p.scope('resize'), projected, { stride: Math.trunc(1 / factor), padding: 1 });
  return projected;
}

/** One fusion stage: add the finer feature, then upsample to the size of the next one, or twofold. */
function fuse(p: Scope, fused: Tensor | undefined, feature: Tensor, next: Tensor | undefined): Tensor {
  let x = feature;
  if (fused) {
    const residual = resizeBilinear(feature, fused.shape[1]!, fused.shape[2]!, false);
    x = tf.add(fused, residualUnit(p.scope('residual_layer1'), residual));
  }
  x = residualUnit(p.scope('residual_layer2'), x);
  const [height, width] = next ? [next.shape[1]!, next.shape[2]!] : [2 * x.shape[1]!, 2 * x.shape[2]!];
  return conv2d(p.scope('projection'), resizeBilinear(x, height, width, true));
}

function residualUnit(p: Scope, x: Tensor): Tensor {
  const inner = conv2d(p.scope('convolution1'), tf.relu(x), { padding: 1 });
  return tf.add(conv2d(p.scope('convolution2'), tf.relu(inner), { padding: 1 }), x);
}

function head(p: Scope, config: DepthAnythingConfig, x: Tensor, height: number, width: number): Tensor {
  const coarse = conv2d(p.scope('conv1'), x, { padding: 1 });
  const fine = tf.relu(conv2d(p.scope('conv2'), resizeBilinear(coarse, height, width, true), { padding: 1 }));
  const raw = conv2d(p.scope('conv3'), fine);
  const depth = config.depth_estimation_type === 'metric' ? tf.sigmoid(raw) : tf.relu(raw);
  return tf.squeeze(tf.mul(depth, config.max_depth), [3]);
}
