import { Random } from '@egolab/foundation';
import { valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { describe, expect, it } from 'vitest';
import {
  captionEmbeds,
  createDualEncoder,
  dualEncoderConfigSchema,
  infoNce,
  rowsInParts,
  videoEmbeds,
} from './index.ts';

const small = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2 };
const config = dualEncoderConfigSchema.parse({
  vision_config: { ...small, image_size: 16, patch_size: 4, num_frames: 2 },
  text_config: { ...small, vocab_size: 30, max_position_embeddings: 6, eos_token_id: 29 },
  projection_dim: 8,
});
const p = createDualEncoder(config, new Random(5));
const clipValues = 2 * 16 * 16 * 3;

/** Pixels on the host and token ids of a batch. */
function batchOf(size: number) {
  const random = new Random(6).split(size);
  const clips = Array.from({ length: size }, () => Float32Array.from({ length: clipValues }, () => random.normal()));
  const ids = clips.map(() => [28, random.integer(1, 27), random.integer(1, 27), 29]);
  return { clips, ids };
}

/** Loss and gradients over the whole batch, and the most bytes that lived in a pass over a part. */
function run(size: number, localBatchSize: number) {
  const { clips, ids } = batchOf(size);
  let peak = 0;
  const before = tf.memory().numBytes;
  const seen = <T>(value: T): T => {
    peak = Math.max(peak, tf.memory().numBytes - before);
    return value;
  };
  const { value, grads } = valueAndGrads(() => {
    const videos = rowsInParts(size, localBatchSize, (begin, end) => {
      const pixels = tf.stack(clips.slice(begin, end).map((clip) => tf.tensor(clip, [2, 16, 16, 3])));
      return seen(videoEmbeds(p, config, pixels));
    });
    const texts = rowsInParts(size, localBatchSize, (begin, end) => captionEmbeds(p, config, ids.slice(begin, end)));
    return infoNce(videos, texts, p.get('logit_scale')).loss as Scalar;
  }, p.variables.values());
  const result = {
    loss: value.dataSync()[0],
    grads: new Map([...grads].map(([name, grad]) => [name, grad.dataSync<'float32'>().slice()])),
    peak,
  };
  tf.dispose([value, ...grads.values()]);
  return result;
}

describe('InfoNCE over a global batch', () => {
  it.each([1, 4, 5, 8])('has the gradients of one pass when it runs in parts of %i', (localBatchSize) => {
    const before = tf.memory().numTensors;
    const whole = run(13, 13);
    const parts = run(13, localBatchSize);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    for (const [name, grad] of whole.grads) {
      const scale = Math.max(1, ...grad.map(Math.abs));
      const error = Math.max(...parts.grads.get(name)!.map((value, i) => Math.abs(value - grad[i])));
      expect(error / scale, name).toBeLessThan(1e-5);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('needs memory by the local batch, not by the global one', () => {
    const [few, many] = [run(8, 4), run(64, 4)];
    const whole = run(64, 64);
    // embeddings of the 56 further samples, twice over, beside the activations of four
    const rows = 56 * config.projection_dim * 4;
    expect(many.peak - few.peak).toBeLessThan(4 * rows);
    expect(whole.peak).toBeGreaterThan(8 * many.peak);
  });

  it('is ln(batch) for embeddings that say nothing, and counts the right ones', () => {
    tf.tidy(() => {
      const same = tf.ones([4, 3]);
      expect(infoNce(same, same, tf.scalar(2)).loss.dataSync()[0]).toBeCloseTo(Math.log(4), 5);
      const own = tf.eye(3);
      const { loss, accuracy } = infoNce(own, own, tf.scalar(Math.log(100)));
      expect(loss.dataSync()[0]).toBeCloseTo(0, 5);
      expect(accuracy.dataSync()[0]).toBe(1);
      const swapped = tf.gather(own, tf.tensor1d([1, 0, 2], 'int32'));
      expect(infoNce(own, swapped, tf.scalar(1)).accuracy.dataSync()[0]).toBeCloseTo(1 / 3, 6);
      expect(() => infoNce(tf.zeros([2, 3]), tf.zeros([3, 3]), tf.scalar(1))).toThrow(/one shape/);
    });
  });
});
