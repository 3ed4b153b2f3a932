import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { checkpointed, silu, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { decoderLevels, encoderLevels, type Level, type VideoTokenizerConfig } from './config.ts';
import { codebookSize, codesToIndices, finiteScalarQuantize, indicesToCodes } from './fsq.ts';
import { fromPatches, toPatches } from './haar.ts';
import {
  causalConvolution,
  factorizedConvolution,
  frameNorm,
  residualBlock,
  spatialDownsample,
  spatialUpsample,
  spatioTemporalAttention,
} from './layers.ts';

export interface VideoTokenizerOptions {
  /** Recompute each block in the backward pass instead of keeping its activations. */
  gradientCheckpointing?: boolean;
}

type Layer = (p: Scope, x: Tensor) => Tensor;
/** Runs one layer, checkpointed or not. */
type Run = (layer: Layer, p: Scope, x: Tensor) => Tensor;

function runner({ gradientCheckpointing = false }: VideoTokenizerOptions): Run {
  return (layer, p, x) =>
    gradientCheckpointing ? checkpointed((input) => tf.tidy(() => layer(p, input)), [x]) : tf.tidy(() => layer(p, x));
}

/**
 * Latents before quantisation.
 *
 * @param p the tokenizer's parameters
 * @param x `[batch, 1 + 4 n, height, width, 3]` in [-1, 1], sides multiples of the spatial compression
 * @returns `[batch, 1 + n, height / 8, width / 8, number]`
 */
export function encodeLatents(
  p: Scope,
  config: VideoTokenizerConfig,
  x: Tensor,
  options: VideoTokenizerOptions = {},
): Tensor {
  const { spatialCompression } = config;
  if (x.shape[2]! % spatialCompression !== 0 || x.shape[3]! % spatialCompression !== 0)
    throw new Error(`video tokenizer: expected sides that are multiples of ${spatialCompression}, got [${x.shape}]`);
  const run = runner(options);
  const encoder = p.scope('encoder');
  let y = run((scope, input) => factorizedConvolution(scope, toPatches(input)), encoder.scope('conv_in'), x);
  for (const level of encoderLevels(config)) {
    const scope = encoder.scope(`down.${level.index}`);
    y = blocks(run, scope, level, y);
    if (level.strides) y = run(spatialDownsample, scope.scope('downsample'), y);
  }
  y = head(run, encoder, middle(run, encoder.scope('mid'), y));
  return causalConvolution(p.scope('quant_conv'), y);
}

/**
 * Codes to a video.
 *
 * @param codes `[batch, 1 + n, height / 8, width / 8, number]`
 * @returns `[batch, 1 + 4 n, height, width, 3]`, nominally in [-1, 1]
 */
export function decodeCodes(
  p: Scope,
  config: VideoTokenizerConfig,
  codes: Tensor,
  options: VideoTokenizerOptions = {},
): Tensor {
  const run = runner(options);
  const decoder = p.scope('decoder');
  let y = run(factorizedConvolution, decoder.scope('conv_in'), causalConvolution(p.scope('post_quant_conv'), codes));
  y = middle(run, decoder.scope('mid'), y);
  for (const level of decoderLevels(config)) {
    const scope = decoder.scope(`up.${level.index}`);
    y = blocks(run, scope, level, y);
    if (level.strides) y = run(spatialUpsample, scope.scope('upsample'), y);
  }
  return fromPatches(head(run, decoder, y));
}

function blocks(run: Run, p: Scope, { widths, attention }: Level, x: Tensor): Tensor {
  for (let i = 0; i < widths.length - 1; i++) {
    x = run(residualBlock, p.scope(`block.${i}`), x);
    if (attention) x = run(spatioTemporalAttention, p.scope(`attn.${i}`), x);
  }
  return x;
}

function middle(run: Run, p: Scope, x: Tensor): Tensor {
  const inner = run(spatioTemporalAttention, p.scope('attn_1'), run(residualBlock, p.scope('block_1'), x));
  return run(residualBlock, p.scope('block_2'), inner);
}

function head(run: Run, p: Scope, x: Tensor): Tensor {
  return run(
    (scope, y) => factorizedConvolution(scope.scope('conv_out'), silu(frameNorm(scope.scope('norm_out'), y))),
    p,
    x,
  );
}

/** A video, as {@link encodeLatents} takes it, to tokens, int32 `[batch, 1 + n, height / 8, width / 8]`. */
export function tokenize(p: Scope, config: VideoTokenizerConfig, x: Tensor): Tensor {
  return tf.tidy(() => {
    const codes = finiteScalarQuantize(encodeLatents(p, config, x), config.levels);
    return codesToIndices(codes, config.levels);
  });
}

/** Tokens to a video as {@link decodeCodes} gives it. */
export function detokenize(p: Scope, config: VideoTokenizerConfig, tokens: Tensor): Tensor {
  return tf.tidy(() => decodeCodes(p, config, indicesToCodes(tokens, config.levels)));
}

/**
 * Tokens of which only probabilities are known to a video as {@link decodeCodes} gives it: at each place the mean code.
 *
 * @param probabilities `[batch, 1 + n, height / 8, width / 8, code]`
 */
export function detokenizeMean(p: Scope, config: VideoTokenizerConfig, probabilities: Tensor): Tensor {
  return tf.tidy(() => {
    const { levels } = config;
    const all = indicesToCodes(tf.range(0, codebookSize(levels), 1, 'int32'), levels);
    const flat = tf.matMul(tf.reshape(probabilities, [-1, codebookSize(levels)]), all);
    return decodeCodes(p, config, tf.reshape(flat, [...probabilities.shape.slice(0, 4), levels.length]));
  });
}

/** A video through quantisation and back, differentiable (straight-through). */
export function autoencode(
  p: Scope,
  config: VideoTokenizerConfig,
  x: Tensor,
  options: VideoTokenizerOptions = {},
): { reconstruction: Tensor; codes: Tensor } {
  const codes = finiteScalarQuantize(encodeLatents(p, config, x, options), config.levels);
  return { reconstruction: decodeCodes(p, config, codes, options), codes };
}
