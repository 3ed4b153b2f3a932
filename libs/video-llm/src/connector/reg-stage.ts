import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { checkpointed, conv2d, depthwiseConv2d, init, layerNorm, prefixed, silu } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { ConnectorOptions } from './config.ts';

/** timm's LayerNormAct2d default. */
const EPSILON = 1e-5;

/** Parameters of a RegNet stage with timm's names (`b1.conv1.conv.weight`, `b1.conv1.bn.weight`, `b1.se.fc1.weight`, …). */
export function regStageParameters(inputs: number, outputs: number, depth: number): ParameterSpecs {
  const blocks = Array.from({ length: depth }, (_, i) =>
    prefixed(`b${i + 1}`, bottleneckParameters(i === 0 ? inputs : outputs, outputs)),
  );
  return Object.assign({}, ...blocks) as ParameterSpecs;
}

function bottleneckParameters(inputs: number, outputs: number): ParameterSpecs {
  const squeezed = roundHalfToEven(0.25 * inputs); // of the block's input width, as in the RegNet paper, not of conv2's
  return {
    ...convNormParameters('conv1', [outputs, inputs, 1, 1]),
    ...convNormParameters('conv2', [outputs, 1, 3, 3]),
    ...convolutionParameters('se.fc1', [squeezed, outputs, 1, 1]),
    ...convolutionParameters('se.fc2', [outputs, squeezed, 1, 1]),
    ...convNormParameters('conv3', [outputs, outputs, 1, 1]),
    ...(inputs === outputs ? {} : convNormParameters('downsample', [outputs, inputs, 1, 1])),
  };
}

function convNormParameters(name: string, shape: number[]): ParameterSpecs {
  return {
    [`${name}.conv.weight`]: { shape, init: init.uniform(fanIn(shape) ** -0.5) },
    [`${name}.bn.weight`]: { shape: [shape[0]], init: init.ones() },
    [`${name}.bn.bias`]: { shape: [shape[0]], init: init.zeros() },
  };
}

/** A convolution (or linear) with bias, initialised as PyTorch does by default. */
export function convolutionParameters(name: string, shape: number[]): ParameterSpecs {
  const bound = fanIn(shape) ** -0.5;
  return {
    [`${name}.weight`]: { shape, init: init.uniform(bound) },
    [`${name}.bias`]: { shape: [shape[0]], init: init.uniform(bound) },
  };
}

const fanIn = (shape: number[]) => shape.slice(1).reduce((a, b) => a * b, 1);

/** Python's round(), which timm takes the squeeze width by. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/**
 * A stage of RegNet-Y blocks at stride 1 with depthwise 3x3 convolutions, layer norm over channels and SiLU
 * (Radosavovic et al. 2020, figure 4; timm's RegStage as VideoLLaMA2 uses it).
 *
 * @param p scope holding `b1` … `b<depth>`
 * @param x `[batch, height, width, channel]`
 * @returns `[batch, height, width, width of the stage]`
 */
export function regStage(
  p: Scope,
  depth: number,
  x: Tensor,
  { gradientCheckpointing = false }: ConnectorOptions = {},
): Tensor {
  for (let block = 1; block <= depth; block++) {
    const run = (input: Tensor) => tf.tidy(() => bottleneck(p.scope(`b${block}`), input));
    x = gradientCheckpointing ? checkpointed(run, [x]) : run(x);
  }
  return x;
}

function bottleneck(p: Scope, x: Tensor): Tensor {
  const convolve = (name: string, y: Tensor) =>
    normalize(p, name, conv2d(p.scope(`${name}.conv`), y, { stride: 1, padding: 0 }));
  let y = silu(convolve('conv1', x));
  y = silu(normalize(p, 'conv2', depthwiseConv2d(p.scope('conv2.conv'), y, { stride: 1, padding: 1 })));
  y = convolve('conv3', squeezeExcite(p.scope('se'), y));
  return silu(tf.add(y, p.has('downsample.conv.weight') ? convolve('downsample', x) : x));
}

const normalize = (p: Scope, name: string, x: Tensor) => layerNorm(p.scope(`${name}.bn`), x, EPSILON);

/** Scale every channel by a gate computed from its mean over the grid (Hu et al. 2018). */
function squeezeExcite(p: Scope, x: Tensor): Tensor {
  const squeezed = silu(conv2d(p.scope('fc1'), tf.mean(x, [1, 2], true), { stride: 1, padding: 0 }));
  return tf.mul(x, tf.sigmoid(conv2d(p.scope('fc2'), squeezed, { stride: 1, padding: 0 })));
}
