import { init, prefixed, type ParameterSpecs } from '@egolab/nn';
import { decoderLevels, encoderLevels, PATCH_CHANNELS, type Level, type VideoTokenizerConfig } from './config.ts';

/** What published checkpoints hold beside the parameters: tables of wavelets and quantizer, and resampling layers that nothing runs through. */
export const EXTRA_IN_RELEASE =
  /(^|\.)(un)?patcher3d\.|(^|\.)quantizer\.|\.(downsample|upsample)\.conv[123]\.conv3d\.(weight|bias)$/;

type Kernel = readonly [time: number, height: number, width: number];
const POINT: Kernel = [1, 1, 1];
const SPACE: Kernel = [1, 3, 3];
const TIME: Kernel = [3, 1, 1];

/** Spreads the first latents over the quantizer's levels. */
const QUANTIZER_GAIN = 2;
/** Residual branches begin as nothing, so that the first tokenizer is nearly a linear map of the wavelets, which learns fast. */
const BRANCH_GAIN = 0;
/** A pixel is the sum of 64 bands: the first video is nearly grey, so that learning doesn't begin with the decoder forgetting its input. */
const OUTPUT_GAIN = 0.02;

/**
 * A causal convolution below `conv3d`. Its first weights keep the variance times `gain`^2, with biases 0: under PyTorch's default the first
 * latents lie within one level of the quantizer, and nothing of the video gets through.
 */
function convolution(inputs: number, outputs: number, kernel: Kernel, gain = 1): ParameterSpecs {
  const bound = gain * Math.sqrt(3 / (inputs * kernel[0] * kernel[1] * kernel[2]));
  return prefixed('conv3d', {
    weight: { shape: [outputs, inputs, ...kernel], init: init.uniform(bound) },
    bias: { shape: [outputs], init: init.zeros() },
  });
}

/** (1, 3, 3), then (3, 1, 1) with that gain. */
function factorized(inputs: number, outputs: number, gain = 1): ParameterSpecs {
  return {
    ...prefixed('0', convolution(inputs, outputs, SPACE)),
    ...prefixed('1', convolution(outputs, outputs, TIME, gain)),
  };
}

function frameNorm(channels: number): ParameterSpecs {
  return prefixed('norm', {
    weight: { shape: [channels], init: init.ones() },
    bias: { shape: [channels], init: init.zeros() },
  });
}

function residualBlock(inputs: number, outputs: number): ParameterSpecs {
  return {
    ...prefixed('norm1', frameNorm(inputs)),
    ...prefixed('conv1', factorized(inputs, outputs)),
    ...prefixed('norm2', frameNorm(outputs)),
    ...prefixed('conv2', factorized(outputs, outputs, BRANCH_GAIN)),
    ...(inputs === outputs ? {} : prefixed('nin_shortcut', convolution(inputs, outputs, POINT))),
  };
}

/** 0: spatial, 1: temporal. */
function attentionPair(channels: number): ParameterSpecs {
  const one = {
    ...prefixed('norm', frameNorm(channels)),
    ...prefixed('q', convolution(channels, channels, POINT)),
    ...prefixed('k', convolution(channels, channels, POINT)),
    ...prefixed('v', convolution(channels, channels, POINT)),
    ...prefixed('proj_out', convolution(channels, channels, POINT, BRANCH_GAIN)),
  };
  return { ...prefixed('0', one), ...prefixed('1', one) };
}

function downsample(channels: number): ParameterSpecs {
  return {
    ...prefixed('conv1', convolution(channels, channels, SPACE)),
    ...prefixed('conv3', convolution(channels, channels, POINT)),
  };
}

function upsample(channels: number): ParameterSpecs {
  return {
    ...prefixed('conv2', convolution(channels, channels, SPACE)),
    ...prefixed('conv3', convolution(channels, channels, POINT)),
  };
}

function level({ widths, attention, strides }: Level, name: string, resampling: (channels: number) => ParameterSpecs) {
  const specs: ParameterSpecs = {};
  widths.slice(1).forEach((width, i) => {
    Object.assign(specs, prefixed(`block.${i}`, residualBlock(widths[i], width)));
    if (attention) Object.assign(specs, prefixed(`attn.${i}`, attentionPair(width)));
  });
  return strides ? { ...specs, ...prefixed(name, resampling(widths.at(-1)!)) } : specs;
}

function middle(channels: number): ParameterSpecs {
  return {
    ...prefixed('mid.block_1', residualBlock(channels, channels)),
    ...prefixed('mid.attn_1', attentionPair(channels)),
    ...prefixed('mid.block_2', residualBlock(channels, channels)),
  };
}

/** Parameters under the published names. Layers that nothing runs through are left out. */
export function videoTokenizerParameters(config: VideoTokenizerConfig): ParameterSpecs {
  const { channels, channelsMult, zChannels, levels } = config;
  const [inner, outer] = [channels * channelsMult.at(-1)!, channels * channelsMult[0]];
  const down = encoderLevels(config).map((each) =>
    prefixed(`down.${each.index}`, level(each, 'downsample', downsample)),
  );
  const up = decoderLevels(config).map((each) => prefixed(`up.${each.index}`, level(each, 'upsample', upsample)));
  const encoder = {
    ...prefixed('conv_in', factorized(PATCH_CHANNELS, channels)),
    ...(Object.assign({}, ...down) as ParameterSpecs),
    ...middle(inner),
    ...prefixed('norm_out', frameNorm(inner)),
    ...prefixed('conv_out', factorized(inner, zChannels)),
  };
  const decoder = {
    ...prefixed('conv_in', factorized(zChannels, inner)),
    ...middle(inner),
    ...(Object.assign({}, ...up) as ParameterSpecs),
    ...prefixed('norm_out', frameNorm(outer)),
    ...prefixed('conv_out', factorized(outer, PATCH_CHANNELS, OUTPUT_GAIN)),
  };
  return {
    ...prefixed('encoder', encoder),
    ...prefixed('quant_conv', convolution(zChannels, levels.length, POINT, QUANTIZER_GAIN)),
    ...prefixed('post_quant_conv', convolution(levels.length, zChannels, POINT)),
    ...prefixed('decoder', decoder),
  };
}
