import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@egolab/checkpoints';
import { UserError } from '@egolab/foundation';
import { valueAndGrads } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { afterAll, describe, expect, it } from 'vitest';
import { depthAnything, dinov2, loadDepthAnything, networkPixels, networkSize, networkTeacher } from './index.ts';
import type { ProcessorConfig } from './index.ts';

// made by tools/parity/depth_anything.py from transformers' DepthAnythingForDepthEstimation
const folder = fileURLToPath(new URL('fixtures/tiny', import.meta.url));
const checkpoint = openCheckpoint(`${folder}/expected.safetensors`);
const expected = (name: string) => tf.tensor(checkpoint.read(name), checkpoint.info(name).shape as number[]);
const { config, processor, parameters } = loadDepthAnything(folder);
const copies = mkdtempSync(join(tmpdir(), 'depth-anything-'));
afterAll(() => {
  checkpoint.close();
  rmSync(copies, { recursive: true });
});

function difference(actual: Tensor, name: string): number {
  const target = expected(name);
  expect(actual.shape).toEqual(target.shape);
  return tf.max(tf.abs(tf.sub(actual, target))).dataSync()[0];
}

describe('Depth Anything V2 against transformers', () => {
  it.each(['square', 'wide'])('backbone and depth, %s grid', (name) => {
    const pixels = expected(`${name}.pixels`);
    const features = dinov2(parameters.scope('backbone'), config.backbone_config, pixels);
    expect(difference(features[0], `${name}.features.0`)).toBeLessThan(1e-5);
    expect(difference(features[3], `${name}.features.3`)).toBeLessThan(1e-5);
    expect(difference(depthAnything(parameters, config, pixels), `${name}.depth`)).toBeLessThan(1e-4);
  });

  it('leaks no tensors, and every parameter has a gradient but the unused unit', () => {
    const pixels = expected('wide.pixels');
    const before = tf.memory().numTensors;
    depthAnything(parameters, config, pixels).dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.tidy(() => {
      const loss = () => tf.mean(tf.square(depthAnything(parameters, config, pixels))) as Scalar;
      const { grads } = valueAndGrads(loss, parameters.variables.values());
      const still = parameters.names().filter((name) => {
        const gradient = grads.get(parameters.get(name).name)!;
        return tf.max(tf.abs(gradient)).dataSync()[0] === 0;
      });
      // a key's bias shifts all scores of a query alike, so softmax forgets it
      expect(still.filter((name) => !name.endsWith('key.bias'))).toEqual([
        'neck.fusion_stage.layers.0.residual_layer1.convolution1.weight',
        'neck.fusion_stage.layers.0.residual_layer1.convolution1.bias',
        'neck.fusion_stage.layers.0.residual_layer1.convolution2.weight',
        'neck.fusion_stage.layers.0.residual_layer1.convolution2.bias',
      ]);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('prepares pixels as the processor says', async () => {
    const data = Uint8Array.from(expected('frames').dataSync());
    const frames = { data, numFrames: 2, height: 42, width: 60 };
    expect(difference(networkPixels(frames, { ...processor, keep_aspect_ratio: false }), 'square.pixels')).toBeLessThan(
      1e-5,
    );
    const teacher = networkTeacher(folder, { keepAspectRatio: false, batchSize: 1 });
    const clip = { videoUid: 'a', narrationTime: 0, frames: [0, 1], pixels: async () => frames };
    const maps = await teacher.depth(clip);
    if ('skipped' in maps) throw new Error(maps.skipped);
    expect(difference(tf.tensor(maps.data, [2, maps.height, maps.width]), 'square.depth')).toBeLessThan(1e-4);
    teacher.dispose?.();
  });
});

describe('networkSize', () => {
  const at518: ProcessorConfig = { ...processor, size: { height: 518, width: 518 }, ensure_multiple_of: 14 };

  it('keeps the aspect by the scale nearer to 1, in whole patches', () => {
    expect(networkSize(480, 640, { ...at518, keep_aspect_ratio: true })).toEqual({ height: 518, width: 686 });
    expect(networkSize(1080, 1920, { ...at518, keep_aspect_ratio: true })).toEqual({ height: 518, width: 924 });
    expect(networkSize(480, 640, { ...at518, keep_aspect_ratio: false })).toEqual({ height: 518, width: 518 });
  });
});

describe('a damaged folder', () => {
  const damaged = (name: string, change: (config: Record<string, unknown>) => unknown, file = 'config.json') => {
    const copy = join(copies, name);
    mkdirSync(copy);
    cpSync(folder, copy, { recursive: true });
    writeFileSync(join(copy, file), JSON.stringify(change(JSON.parse(readFileSync(join(copy, file), 'utf8')))));
    return () => loadDepthAnything(copy);
  };

  it('is one message that names the file and the field', () => {
    expect(() => loadDepthAnything(join(copies, 'none'))).toThrow(UserError);
    expect(damaged('a', (json) => ({ ...json, fusion_hidden_size: 'ten' }))).toThrow(/config.json: fusion_hidden_size/);
    expect(damaged('b', (json) => ({ ...json, neck_hidden_sizes: [6, 8] }))).toThrow(/expected one stage below 5/);
    expect(damaged('c', (json) => ({ ...json, fusion_hidden_size: 12 }))).toThrow(/of another shape/);
    expect(damaged('d', ({ size: _, ...rest }) => rest, 'preprocessor_config.json')).toThrow(
      /preprocessor_config.json: size/,
    );
  });
});
