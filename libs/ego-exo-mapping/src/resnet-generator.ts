import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { UserError } from '@egolab/foundation';
import { checkpointed, conv2d, convTranspose2d, init, instanceNorm, reflectionPad2d } from '@egolab/nn';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { MappingOptions, ResnetMappingConfig } from './config.ts';

/** PyTorch's InstanceNorm2d default. */
const EPSILON = 1e-5;

/**
 * Where each layer stands in the reference implementation's `nn.Sequential` ("model.N"): pad 0, conv 1, norm 2, ReLU 3,
 * three entries for every down-sampling, one for every block, three for every up-sampling, pad, conv, tanh.
 */
function layout({ nBlocks, nDownsampling }: ResnetMappingConfig): {
  down(i: number): string;
  block(i: number): string;
  up(i: number): string;
  output: string;
} {
  const blocks = 4 + 3 * nDownsampling;
  const ups = blocks + nBlocks;
  return {
    down: (i) => `model.${4 + 3 * i}`,
    block: (i) => `model.${blocks + i}.conv_block`,
    up: (i) => `model.${ups + 3 * i}`,
    output: `model.${ups + 3 * nDownsampling + 1}`,
  };
}

/**
 * Parameters of the generator with the reference implementation's names and initialisation (N(0, 0.02), biases 0).
 *
 * @param channels width of the features, in = out
 */
export function resnetGeneratorParameters(config: ResnetMappingConfig, channels: number): ParameterSpecs {
  const { ngf, nBlocks, nDownsampling } = config;
  const names = layout(config);
  const specs: ParameterSpecs = {};
  const convolution = (name: string, shape: number[], outputs: number): void => {
    specs[`${name}.weight`] = { shape, init: init.normal(0.02) };
    specs[`${name}.bias`] = { shape: [outputs], init: init.zeros() };
  };
  convolution('model.1', [ngf, channels, 7, 7], ngf);
  for (let i = 0; i < nDownsampling; i++)
    convolution(names.down(i), [ngf * 2 ** (i + 1), ngf * 2 ** i, 3, 3], ngf * 2 ** (i + 1));
  const inner = ngf * 2 ** nDownsampling;
  for (let i = 0; i < nBlocks; i++) {
    for (const layer of [1, 5]) convolution(`${names.block(i)}.${layer}`, [inner, inner, 3, 3], inner);
  }
  // a transposed convolution's weight is [in, out, kernel, kernel]
  for (let i = 0; i < nDownsampling; i++)
    convolution(names.up(i), [inner / 2 ** i, inner / 2 ** (i + 1), 3, 3], inner / 2 ** (i + 1));
  convolution(names.output, [channels, ngf, 7, 7], channels);
  return specs;
}

/**
 * The CycleGAN generator (Zhu et al. 2017, appendix 7.2) on a grid of patch features instead of an image.
 *
 * @param p scope holding `model`
 * @param x `[batch, gridH, gridW, channel]`
 * @returns same shape
 * @throws UserError when the grid doesn't come back to its size or is too small for the reflection padding
 */
export function resnetGenerator(
  p: Scope,
  config: ResnetMappingConfig,
  x: Tensor,
  options: MappingOptions = {},
): Tensor {
  checkGrid(config, x.shape[1]!, x.shape[2]!);
  const { nDownsampling, nBlocks, outputActivation } = config;
  const names = layout(config);
  const run = (layer: (input: Tensor) => Tensor, input: Tensor) => tf.tidy(() => layer(input));
  const block = (name: string) => (input: Tensor) => tf.tidy(() => resnetBlock(p.scope(name), config, input));
  const normRelu = (y: Tensor) => tf.relu(normalize(config, y));

  let y = run((input) => normRelu(conv2d(p.scope('model.1'), reflectionPad2d(input, 3))), x);
  for (let i = 0; i < nDownsampling; i++)
    y = run((input) => normRelu(conv2d(p.scope(names.down(i)), input, { stride: 2, padding: 1 })), y);
  for (let i = 0; i < nBlocks; i++)
    y = options.gradientCheckpointing ? checkpointed(block(names.block(i)), [y]) : block(names.block(i))(y);
  for (let i = 0; i < nDownsampling; i++)
    y = run(
      (input) => normRelu(convTranspose2d(p.scope(names.up(i)), input, { stride: 2, padding: 1, outputPadding: 1 })),
      y,
    );
  y = run((input) => conv2d(p.scope(names.output), reflectionPad2d(input, 3)), y);
  return outputActivation === 'tanh' ? tf.tanh(y) : y;
}

/** x + conv(relu(conv(x))), each convolution reflection-padded and normalised; no activation follows the sum. */
function resnetBlock(p: Scope, config: ResnetMappingConfig, x: Tensor): Tensor {
  const convolve = (layer: string, y: Tensor) => normalize(config, conv2d(p.scope(layer), reflectionPad2d(y, 1)));
  return tf.add(x, convolve('5', tf.relu(convolve('1', x))));
}

function normalize(config: ResnetMappingConfig, x: Tensor): Tensor {
  return config.norm === 'instance' ? instanceNorm(x, EPSILON) : x;
}

function checkGrid({ nDownsampling, nBlocks }: ResnetMappingConfig, height: number, width: number): void {
  const factor = 2 ** nDownsampling;
  const smallest = Math.max(4, nBlocks > 0 ? 2 * factor : factor);
  for (const side of [height, width]) {
    if (side % factor === 0 && side >= smallest) continue;
    const halvings = Array.from({ length: nDownsampling }, (_, i) => Math.ceil(side / 2 ** (i + 1)));
    const path = [
      side,
      ...halvings,
      ...Array.from({ length: nDownsampling }, (_, i) => halvings.at(-1)! * 2 ** (i + 1)),
    ].join(' -> ');
    throw new UserError({
      what: `the ResNet mapping can't sit on a ${height} x ${width} grid: expected sides that are multiples of ${factor} and at least ${smallest}, got ${side} (${path})`,
      where: 'mapping',
      mend: 'choose image and patch sizes whose grid fits (336 / 14 = 24), another nDownsampling, or the fully-connected mapping',
    });
  }
}
