import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@egolab/checkpoints';
import { valueAndGrads } from '@egolab/nn';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '@egolab/runtime';
import {
  clipVision,
  imageEmbeds,
  loadClip,
  loadClipVision,
  logitsPerImage,
  normalizePixels,
  pixelsFromBytes,
  pixelsFromClips,
  textEmbeds,
} from './index.ts';
import { clipText, endOfText } from './text.ts';

// made by tools/parity/clip.py from transformers' CLIPModel
const folder = fileURLToPath(new URL('fixtures/clip-tiny', import.meta.url));
const checkpoint = openCheckpoint(`${folder}/expected.safetensors`);
const expected = (name: string) => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape);
const { config, parameters: p } = loadClip(folder);
const ids = (expected('input_ids') as Tensor & { rank: 2 }).arraySync() as unknown as number[][];
let pixels: Tensor;

beforeAll(() => {
  pixels = expected('pixels');
});
afterAll(() => checkpoint.close());

function difference(actual: Tensor, name: string): number {
  const target = expected(name);
  expect(actual.shape).toEqual(target.shape);
  return tf.max(tf.abs(tf.sub(actual, target))).dataSync()[0];
}

describe('CLIP against transformers', () => {
  it('loads the vision tower alone, and only the blocks that an output needs', () => {
    const tower = loadClipVision(folder, 'penultimate-patches');
    expect(tower.parameters.has('vision_model.encoder.layers.2.mlp.fc1.weight')).toBe(false);
    expect(
      difference(
        clipVision(tower.parameters, tower.config, pixels, { output: 'penultimate-patches' }),
        'vision.penultimate_patches',
      ),
    ).toBeLessThan(1e-4);
  });

  it('normalises pixels', () => {
    expect(difference(normalizePixels(expected('frames')), 'pixels')).toBeLessThan(1e-5);
    const bytes = Uint8Array.from(expected('frames').dataSync());
    expect(difference(pixelsFromBytes(bytes, [2, 16, 16, 3]), 'pixels')).toBeLessThan(1e-5);
    const clips = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
    const batch = pixelsFromClips(clips, [1, 16, 16, 3]);
    expect(batch.shape).toEqual([2, 1, 16, 16, 3]);
    expect(difference(tf.squeeze(batch, [1]), 'pixels')).toBeLessThan(1e-5);
    expect(() => pixelsFromClips(clips, [2, 16, 16, 3])).toThrow(/expected 1536 bytes for \[2,16,16,3\], got 768/);
  });

  it.each([
    ['penultimate-patches', 'vision.penultimate_patches'],
    ['last-hidden', 'vision.last_hidden_state'],
    ['pooled', 'vision.pooled'],
  ] as const)('vision tower, %s', (output, name) => {
    for (const attention of ['full', 'chunked'] as const) {
      for (const gradientCheckpointing of [false, true]) {
        expect(
          difference(clipVision(p, config.vision_config, pixels, { output, attention, gradientCheckpointing }), name),
        ).toBeLessThan(1e-4);
      }
    }
  });

  it('pools a text at its end token, by its largest id in checkpoints with the old end-token setting, and needs one', () => {
    expect(endOfText([58, 3, 59, 59], 59)).toBe(2);
    expect(endOfText([58, 3, 59, 0], 2)).toBe(2);
    expect(() => endOfText([58, 3], 59)).toThrow(/expected the end-of-text token 59/);
  });

  it('text tower', () => {
    const { lastHidden, pooled } = clipText(p, config.text_config, ids);
    expect(difference(lastHidden, 'text.last_hidden_state')).toBeLessThan(1e-4);
    expect(difference(pooled, 'text.pooled')).toBeLessThan(1e-4);
  });

  it('embeddings and their similarities', () => {
    const images = imageEmbeds(p, config, pixels);
    const texts = textEmbeds(p, config, ids);
    expect(difference(images, 'image_embeds')).toBeLessThan(1e-4);
    expect(difference(texts, 'text_embeds')).toBeLessThan(1e-4);
    expect(difference(logitsPerImage(p, images, texts), 'logits_per_image')).toBeLessThan(1e-4);
  });

  it.each([false, true])('gradients of the penultimate patches, gradient checkpointing %s', (gradientCheckpointing) => {
    const loss = () =>
      tf.mean(
        tf.square(
          clipVision(p, config.vision_config, pixels, { output: 'penultimate-patches', gradientCheckpointing }),
        ),
      ) as Scalar;
    expectGradients('penultimate', loss);
  });

  it('gradients of the contrastive loss', () => {
    const crossEntropy = (logits: Tensor) =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits as Tensor & { rank: 2 }), tf.eye(2)), 1)));
    const loss = () => {
      const perImage = logitsPerImage(p, imageEmbeds(p, config, pixels), textEmbeds(p, config, ids));
      return tf.div(tf.add(crossEntropy(perImage), crossEntropy(tf.transpose(perImage))), 2) as Scalar;
    };
    expectGradients('contrastive', loss);
  });

  function expectGradients(prefix: string, loss: () => Scalar): void {
    const names = checkpoint
      .names()
      .filter((name) => name.startsWith(`${prefix}.grad.`))
      .map((name) => name.slice(`${prefix}.grad.`.length));
    expect(names.length).toBeGreaterThan(5);
    const variables = names.map((name) => p.variables.get(name)!);
    const { grads } = valueAndGrads(loss, variables);
    names.forEach((name, i) =>
      expect(difference(grads.get(variables[i].name)!, `${prefix}.grad.${name}`), name).toBeLessThan(1e-4),
    );
  }
});
