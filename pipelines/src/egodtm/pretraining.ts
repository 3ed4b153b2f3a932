import { z } from 'zod';
import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-node-gpu';
import { depthDecoder, depthLoss, depthLossKinds } from '@egolab/depth-decoder';
import {
  captionEmbeds,
  infoNce,
  normalizePixels,
  PIXEL_STATISTICS,
  projectVideo,
  rowsInParts,
  textIds,
  videoGrid,
  videoTower,
} from '@egolab/dual-encoder';
import type { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import type { LossResult } from '@egolab/training';
import { cropBox, type Crop } from './crop.ts';
import type { EgoDtm } from './model.ts';

/** Equations 5 to 7 with the knobs of Table 4. */
export const lossSettings = z.strictObject({
  /** captions of the contrastive loss: `original` (vtc), `random` (augvtc, original or enriched), `enriched` wherever there is one (Table 4e, "All") */
  captions: z.enum(['original', 'random', 'enriched']),
  /** the 3D-aware loss (Table 4a) */
  depth: z.boolean(),
  /** of equation 7, which adds the two as they are */
  weights: z.strictObject({ contrast: z.number().min(0), depth: z.number().min(0) }),
  /** what the norm of equation 5 is */
  depthKind: z.enum(depthLossKinds),
});
export type LossSettings = z.infer<typeof lossSettings>;

/** One clip of a batch. */
export interface PretrainingSample {
  /** uint8 `[time, size, size, 3]` */
  readonly frames: Uint8Array;
  readonly crop: Crop;
  readonly caption: string;
  /** inverse depth of the crop, `[time, side, side]` at the decoder's resolution; undefined: the clip has none */
  readonly depth: Float32Array | undefined;
}

/** Equation 6: the original or the enriched caption. */
export function chooseCaption(
  original: string,
  enriched: string | undefined,
  captions: LossSettings['captions'],
  random: Random,
): string {
  if (enriched === undefined || captions === 'original') return original;
  return captions === 'enriched' ? enriched : random.choice([original, enriched]);
}

/** Resolution of the depth that the decoder predicts: maps of `side` x `side` for each of `time` cubes. */
export function depthResolution({ config, decoderConfig }: EgoDtm): { time: number; side: number } {
  const { time, side } = videoGrid(config.vision_config);
  return { time, side: side * decoderConfig.scale };
}

export interface PretrainingOptions {
  losses: LossSettings;
  /** side of the decoded frames */
  frameSize: number;
  /** samples whose activations are in memory at a time; the contrastive loss sees all of the batch */
  localBatchSize: number;
  gradientCheckpointing: boolean;
  attention: 'full' | 'chunked';
}

/**
 * Equation 7 over a global batch. Video embeddings and depth losses come out of one pass of the video encoder; the depth loss is
 * the mean over the clips that have a target.
 */
export function pretrainingLoss(
  model: EgoDtm,
  batch: readonly PretrainingSample[],
  { losses, frameSize, localBatchSize, ...options }: PretrainingOptions,
): LossResult {
  const { config, encoder, tokenizer } = model;
  const { causal, max_position_embeddings: length } = config.text_config;
  const ids = textIds(
    tokenizer,
    batch.map(({ caption }) => caption),
    { length, padding: causal ? 'longest' : 'length' },
  );
  const texts = rowsInParts(batch.length, localBatchSize, (begin, end) =>
    captionEmbeds(encoder, config, ids.slice(begin, end), options),
  );
  const rows = rowsInParts(batch.length, localBatchSize, (begin, end) => {
    const samples = batch.slice(begin, end);
    const pixels = cropPixels(model, samples, frameSize);
    const { classEmbedding, patches } = videoTower(encoder, config.vision_config, pixels, options);
    const embedding = projectVideo(encoder, classEmbedding);
    return losses.depth ? tf.concat([embedding, depthErrors(model, patches, samples, losses.depthKind)], 1) : embedding;
  });
  const { projection_dim: width } = config;
  const videos = tf.slice(rows, [0, 0], [batch.length, width]);
  const { loss: contrast, accuracy } = infoNce(videos, texts, encoder.get('logit_scale'));
  const weighted = tf.mul(contrast, losses.weights.contrast);
  if (!losses.depth) return { loss: weighted as Scalar, metrics: { contrast, accuracy } };
  const targets = batch.filter(({ depth }) => depth).length;
  const depth = tf.div(tf.sum(tf.slice(rows, [0, width], [batch.length, 1])), Math.max(1, targets)) as Scalar;
  const loss = tf.add(weighted, tf.mul(depth, losses.weights.depth)) as Scalar;
  return { loss, metrics: { contrast, accuracy, depth } };
}

/** Normalised pixels `[batch, time, height, width, 3]` of the samples' crops. */
export function cropPixels(
  { config }: Pick<EgoDtm, 'config'>,
  samples: readonly Pick<PretrainingSample, 'frames' | 'crop'>[],
  frameSize: number,
): Tensor {
  const { image_size: size, num_frames: time } = config.vision_config;
  const values = new Float32Array(samples.length * time * frameSize * frameSize * 3);
  samples.forEach(({ frames }, i) => values.set(frames, (i * values.length) / samples.length));
  const all: Tensor4D = tf.tensor4d(values, [samples.length * time, frameSize, frameSize, 3]);
  const whole = samples.every(({ crop }) => crop.bottom - crop.top === 1 && crop.right - crop.left === 1);
  const boxes = samples.flatMap(({ crop }) => Array.from({ length: time }, () => cropBox(crop, frameSize, size)));
  const cropped =
    whole && frameSize === size
      ? all
      : tf.image.cropAndResize(all, tf.tensor2d(boxes), tf.range(0, boxes.length, 1, 'int32'), [size, size]);
  const pixels = normalizePixels(cropped, PIXEL_STATISTICS[config.pixel_statistics]);
  return tf.reshape(pixels, [samples.length, time, size, size, 3]);
}

/** The depth loss of each sample, 0 where there is no target: `[batch, 1]`. */
function depthErrors(
  model: EgoDtm,
  patches: Tensor,
  samples: readonly PretrainingSample[],
  kind: LossSettings['depthKind'],
): Tensor {
  const { time, side } = depthResolution(model);
  const size = time * side * side;
  const targets = new Float32Array(samples.length * size);
  samples.forEach(({ depth }, i) => depth && targets.set(depth, i * size));
  const predicted = depthDecoder(model.decoder, model.decoderConfig, patches).depth;
  const errors = depthLoss(predicted, tf.tensor(targets, [samples.length, time, side, side]), kind);
  const counts = tf.tensor1d(samples.map(({ depth }) => (depth ? 1 : 0)));
  return tf.reshape(tf.mul(errors, counts), [samples.length, 1]);
}
