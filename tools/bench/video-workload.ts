import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import {
  captionEmbeds,
  dualEncoderConfigSchema,
  dualEncoderParameters,
  infoNce,
  rowsInParts,
  videoEmbeds,
} from '@egolab/dual-encoder';
import { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import type { Workload } from './workloads.ts';

/** EgoDTM's dual encoder: ViT-B/16 over 4 frames of 224 pixels, a text transformer of 12 x 512 over 77 tokens, a joint space of 256. */
export const VIDEO = {
  vision_config: { patch_size: 16, num_frames: 4 },
  text_config: { eos_token_id: 49407 },
  projection_dim: 256,
};

const layers = { hidden_size: 96, intermediate_size: 384, num_hidden_layers: 4, num_attention_heads: 4 };

export const TINY_VIDEO = {
  vision_config: { ...layers, patch_size: 16, num_frames: 4, image_size: 64 },
  text_config: { ...layers, vocab_size: 500, max_position_embeddings: 20, eos_token_id: 499 },
  projection_dim: 32,
};

/**
 * A contrastive pretraining step: both towers, symmetric InfoNCE over the batch, AdamW. With a local batch smaller than the batch it is
 * the two-pass one. The depth decoder isn't in it.
 */
export function videoWorkload(settings: object): Workload {
  const config = dualEncoderConfigSchema.parse(settings);
  const { image_size: size, num_frames: frames, num_channels: channels } = config.vision_config;
  const { max_position_embeddings: length, vocab_size, eos_token_id } = config.text_config;
  const clip = frames * size * size * channels;
  return {
    specs: dualEncoderParameters(config),
    updates: true,
    inputs: (batch) => {
      const random = new Random('bench').split('video');
      const pixels = Float32Array.from({ length: batch * clip }, () => random.uniform(-1, 1));
      const ids = Float32Array.from({ length: batch * length }, (_, i) =>
        i % length === length - 1 ? eos_token_id : random.integer(0, vocab_size - 2),
      );
      return {
        pixels: { shape: [batch, frames, size, size, channels], data: pixels },
        ids: { shape: [batch, length], data: ids },
      };
    },
    loss: (p, { pixels, ids }, batch, { attention, localBatch }) => {
      const videos = rowsInParts(batch, localBatch, (begin, end) => {
        const shape = [end - begin, frames, size, size, channels];
        return videoEmbeds(p, config, tf.tensor(pixels.subarray(begin * clip, end * clip), shape), { attention });
      });
      const texts = rowsInParts(batch, localBatch, (begin, end) => {
        const rows = Array.from({ length: end - begin }, (_, i) => [
          ...ids.subarray((begin + i) * length, (begin + i + 1) * length),
        ]);
        return captionEmbeds(p, config, rows, { attention });
      });
      return infoNce(videos, texts, p.get('logit_scale')).loss as Scalar;
    },
  };
}
