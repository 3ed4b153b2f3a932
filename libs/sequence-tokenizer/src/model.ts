import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { linear, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { numChannels, numTokens, type SequenceTokenizerConfig } from './config.ts';
import { CODEBOOK } from './parameters.ts';
import { embedTokens, quantize } from './quantizer.ts';
import { transformer, type TransformerOptions } from './transformer.ts';

/**
 * z = E(X), section 3.2: a convolution of stride `temporalCompression`, positions, transformer blocks, and a projection to the codes' width.
 *
 * @param p the tokenizer's parameters
 * @param x camera: `[batch, frame, 9]`, standardised; gaze: `[batch, frame, 3]`, x and y in [-1, 1] and 1 where valid, else 0
 * @returns `[batch, token, latentDim]`
 */
export function encode(p: Scope, config: SequenceTokenizerConfig, x: Tensor, options: TransformerOptions = {}): Tensor {
  const { temporalCompression: stride, numFrames, modality } = config;
  const channels = numChannels(config);
  const width = modality === 'gaze' ? channels + 1 : channels;
  if (x.rank !== 3 || x.shape[1] !== numFrames || x.shape[2] !== width)
    throw new Error(`${modality} tokenizer: expected [batch, ${numFrames}, ${width}], got [${x.shape}]`);
  const [batch] = x.shape;
  const visible = modality === 'gaze' ? maskedGaze(x) : x;
  const patches = tf.transpose(tf.reshape(visible, [batch, numTokens(config), stride, channels]), [0, 1, 3, 2]);
  const tokens = pointwise(p.scope('encoder.conv'), tf.reshape(patches, [batch, numTokens(config), channels * stride]));
  return pointwise(p.scope('quant_proj'), transformer(p.scope('encoder'), config, tokens, options));
}

/** Invalid frames count as 0, the image's centre. */
function maskedGaze(x: Tensor): Tensor {
  const [gaze, mask] = tf.split(x, [2, 1], 2);
  return tf.mul(gaze, mask);
}

/**
 * X^ = D(q), the mirror of the encoder.
 *
 * @param q `[batch, token, latentDim]`
 * @returns `[batch, frame, channel]` in the encoder's units: 9 channels of a camera, 2 of gaze
 */
export function decode(p: Scope, config: SequenceTokenizerConfig, q: Tensor, options: TransformerOptions = {}): Tensor {
  const { temporalCompression: stride, numFrames } = config;
  const [batch, tokens] = q.shape;
  const y = transformer(p.scope('decoder'), config, pointwise(p.scope('post_quant_proj'), q), options);
  const patches = tf.reshape(linear(p.scope('decoder.out_proj'), y), [batch, tokens!, numChannels(config), stride]);
  return tf.reshape(tf.transpose(patches, [0, 1, 3, 2]), [batch, numFrames, numChannels(config)]);
}

/** Clips to tokens: int32 `[batch, token]`; `x` as {@link encode} takes it. */
export function tokenize(p: Scope, config: SequenceTokenizerConfig, x: Tensor): Tensor {
  return tf.tidy(() => quantize(p.scope(CODEBOOK), encode(p, config, x)).indices);
}

/** Tokens, int32 `[batch, token]`, to clips as {@link decode} gives them. */
export function detokenize(p: Scope, config: SequenceTokenizerConfig, tokens: Tensor): Tensor {
  return tf.tidy(() => decode(p, config, embedTokens(p.scope(CODEBOOK), tokens)));
}

/**
 * Tokens of which only probabilities are known, `[batch, token, code]`, to clips as {@link decode} gives them: at each place the mean code.
 */
export function detokenizeMean(p: Scope, config: SequenceTokenizerConfig, probabilities: Tensor): Tensor {
  return tf.tidy(() => {
    const [batch, tokens, codes] = probabilities.shape;
    const flat = tf.reshape(probabilities, [batch * tokens!, codes!]);
    const means = tf.matMul(flat, p.scope(CODEBOOK).get('embed'));
    return decode(p, config, tf.reshape(means, [batch, tokens!, config.latentDim]));
  });
}

/** A convolution over whole patches, weight `[out, in, kernel]`, as the matrix that it is. */
function pointwise(p: Scope, x: Tensor): Tensor {
  const matrix: Scope = {
    get: (name) => (name === 'weight' ? tf.reshape(p.get(name), [p.get(name).shape[0], -1]) : p.get(name)),
    has: (name) => p.has(name),
    scope: (prefix) => p.scope(prefix),
  };
  return linear(matrix, x);
}
