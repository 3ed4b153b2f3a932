import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { Random } from '@egolab/foundation';
import { layerNorm, linear, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { VslnetConfig } from './config.ts';
import {
  concatenateQuery,
  contextQueryAttention,
  type Drop,
  dropping,
  featureEncoder,
  maskLogits,
  pointwise,
  within,
} from './layers.ts';

/** Features of videos and queries, padded to the longest of each. */
export interface GroundingBatch {
  /** `[batch, time, videoDim]` */
  readonly video: Tensor;
  readonly videoLengths: readonly number[];
  /** token features of a frozen text encoder, `[batch, words, queryDim]` */
  readonly query: Tensor;
  readonly queryLengths: readonly number[];
}

/** Logits `[batch, time]`; those of padding are -1e30 for start and end, and to be masked for the highlight. */
export interface GroundingLogits {
  readonly highlight: Tensor;
  readonly start: Tensor;
  readonly end: Tensor;
}

/**
 * VSLNet (Zhang et al. 2020): where in a video is what a sentence asks for? Encoder, context-query attention,
 * query-guided highlighting, conditioned span prediction; the transformer predictor of Ego4D's baseline.
 *
 * As in the public code, convolutions read the features of padding near a video's end: results of a padded batch differ a
 * little from those of one video alone. {@link predictWindows} therefore takes one at a time.
 *
 * @param random while training: draws what is dropped
 */
export function vslnet(p: Scope, config: VslnetConfig, batch: GroundingBatch, random?: Random): GroundingLogits {
  checkBatch(config, batch);
  return tf.tidy(() => {
    const drop = dropping(config.dropout, random);
    const videoMask = lengthMask(batch.videoLengths, batch.video.shape[1]!);
    const queryMask = lengthMask(batch.queryLengths, batch.query.shape[1]!);
    const encode = (x: Tensor, mask: Tensor, part: string) =>
      featureEncoder(p.scope('feature_encoder'), config, x, mask, within(drop, part));
    const frames = pointwise(p.scope('video_affine.linear'), drop(batch.video, 'video'));
    const query = encode(linear(p.scope('query_affine'), batch.query), queryMask, 'query');
    const video = encode(frames, videoMask, 'video');
    const attended = contextQueryAttention(p.scope('cq_attention'), video, query, videoMask, queryMask, drop);
    const features = concatenateQuery(p.scope('cq_concat'), attended, query, queryMask);
    const highlight = tf.squeeze(pointwise(p.scope('highlight_layer.conv1d'), features), [2]);
    const lit = tf.mul(features, tf.expandDims(tf.sigmoid(maskLogits(highlight, videoMask)), 2));
    return { highlight, ...predictSpan(p.scope('predictor'), config, lit, videoMask, drop) };
  });
}

/** Conditioned span predictor (section 3.2.3): the end is encoded from what was encoded for the start. */
function predictSpan(p: Scope, config: VslnetConfig, x: Tensor, mask: Tensor, drop: Drop) {
  const encode = (y: Tensor, part: string) => featureEncoder(p.scope('encoder'), config, y, mask, within(drop, part));
  const start = encode(x, 'start');
  const end = encode(start, 'end');
  const logits = (encoded: Tensor, name: string) => {
    const normalised = layerNorm(p.scope(`${name}_layer_norm`), encoded, 1e-6);
    const hidden = tf.relu(pointwise(p.scope(`${name}_block.0`), tf.concat([normalised, x], 2)));
    return maskLogits(tf.squeeze(pointwise(p.scope(`${name}_block.2`), hidden), [2]), mask);
  };
  return { start: logits(start, 'start'), end: logits(end, 'end') };
}

/** float32 `[batch, longest]`, 1 below each length. */
export function lengthMask(lengths: readonly number[], longest: number): Tensor {
  const positions = tf.reshape(tf.range(0, longest, 1, 'float32'), [1, longest]);
  return tf.cast(tf.less(positions, tf.tensor2d([...lengths], [lengths.length, 1])), 'float32');
}

function checkBatch({ videoDim, queryDim, maxPositions }: VslnetConfig, batch: GroundingBatch): void {
  const check = (name: string, { shape }: Tensor, lengths: readonly number[], dim: number) => {
    const right = shape.length === 3 && shape[0] === lengths.length && shape[2] === dim && shape[1]! <= maxPositions;
    if (!right || lengths.some((length) => length < 1 || length > shape[1]!))
      throw new Error(
        `vslnet: expected ${name} [${lengths.length}, 1 to ${maxPositions}, ${dim}], got [${shape}] of lengths ${lengths.join(', ')}`,
      );
  };
  check('video', batch.video, batch.videoLengths, videoDim);
  check('query', batch.query, batch.queryLengths, queryDim);
}
