import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveParameters } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { init, Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import { VideoTokenizer, videoTokenizerConfigSchema, videoTokenizerParameters } from './index.ts';

const config = videoTokenizerConfigSchema.parse({ channels: 4, channelsMult: [1, 2], numResBlocks: 1, zChannels: 5 });
const folder = () => mkdtempSync(join(tmpdir(), 'egolab-video-tokenizer-'));
const pixels = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 37) % 256);

describe('video tokenizer', () => {
  it('takes 16 frames to 5 steps of tokens and back, the same after saving and loading', () => {
    const tokenizer = VideoTokenizer.initialize(config, new Random(1));
    const size = { frames: 16, height: 32, width: 16 };
    const { tokens, shape } = tokenizer.tokenizeColour(pixels(16 * 32 * 16 * 3), size);
    expect(shape).toEqual([5, 4, 2]);
    expect(tokens).toHaveLength(40);
    expect(tokens.every((token) => token >= 0 && token < 64000)).toBe(true);
    const video = tokenizer.detokenizeColour(tokens, size);
    expect(video).toHaveLength(16 * 32 * 16 * 3);
    const saved = folder();
    tokenizer.save(saved);
    tokenizer.dispose();
    const loaded = VideoTokenizer.load(saved);
    expect(loaded.config).toEqual(config);
    expect(loaded.detokenizeColour(tokens, size)).toEqual(video);
    loaded.dispose();
  });

  it('takes depth as a grey video, in windows of 17 frames', () => {
    const tokenizer = VideoTokenizer.initialize(config, new Random(1));
    const size = { frames: 20, height: 16, width: 16 };
    const before = tf.memory().numTensors;
    const depth = pixels(20 * 16 * 16);
    const { tokens, shape } = tokenizer.tokenizeDepth(depth, size);
    expect(shape).toEqual([5 + 3, 2, 2]); // 17 frames, and 3 that are padded to 9
    const grey = Uint8Array.from({ length: depth.length * 3 }, (_, i) => depth[Math.floor(i / 3)]);
    expect(tokenizer.tokenizeColour(grey, size).tokens).toEqual(tokens);
    expect(tokenizer.detokenizeDepth(tokens, size)).toHaveLength(depth.length);
    expect(tf.memory().numTensors).toBe(before);
    tokenizer.dispose();
  });

  it('takes several videos at once as it takes each', () => {
    const tokenizer = VideoTokenizer.initialize(config, new Random(1));
    const size = { frames: 18, height: 16, width: 16 };
    const videos = [0, 1, 2].map((i) => pixels(18 * 16 * 16 * 3 + i).subarray(i));
    const each = videos.map((video) => tokenizer.tokenizeColour(video, size));
    expect(tokenizer.tokenizeColours(videos, size)).toEqual(each);
    expect(tokenizer.tokenizeDepths([], size)).toEqual([]);
    tokenizer.dispose();
  });

  it('decodes the mean of codes: tokens that are certain as the tokens themselves', () => {
    const few = videoTokenizerConfigSchema.parse({ ...config, levels: [4, 3] });
    const tokenizer = VideoTokenizer.initialize(few, new Random(1));
    const size = { frames: 16, height: 16, width: 16 };
    const { tokens } = tokenizer.tokenizeColour(pixels(16 * 16 * 16 * 3), size);
    const before = tf.memory().numTensors;
    const certain = Float32Array.from({ length: tokens.length * 12 }, (_, i) => (tokens[Math.floor(i / 12)] === i % 12 ? 1 : 0)); // prettier-ignore
    expect(tokenizer.detokenizeMeanColour(certain, size)).toEqual(tokenizer.detokenizeColour(tokens, size));
    expect(tokenizer.detokenizeMeanDepth(certain, size)).toEqual(tokenizer.detokenizeDepth(tokens, size));
    expect(tf.memory().numTensors).toBe(before);
    tokenizer.dispose();
  });

  it('refuses pixels and tokens of another size', () => {
    const tokenizer = VideoTokenizer.initialize(config, new Random(1));
    const size = { frames: 8, height: 16, width: 16 };
    expect(() => tokenizer.tokenizeColour(pixels(100), size)).toThrow(/expected 8 x 16 x 16 x 3 pixels, got 100/);
    expect(() => tokenizer.detokenizeColour([1, 2], size)).toThrow(/expected 3 x 2 x 2 tokens in \[0, 64000\), got 2/);
    expect(() => tokenizer.detokenizeColour(Array(12).fill(64000), size)).toThrow(/tokens in \[0, 64000\)/);
    tokenizer.dispose();
  });
});

describe('published checkpoints', () => {
  it('load by their names, tables and idle layers left aside', () => {
    const extra = {
      'encoder.patcher3d.wavelets': { shape: [2], init: init.ones() },
      'decoder.up.1.upsample.conv1.conv3d.weight': { shape: [8, 8, 3, 1, 1], init: init.ones() },
    };
    const published = Parameters.initialize({ ...videoTokenizerParameters(config), ...extra }, new Random(4));
    const path = join(folder(), 'autoencoder.safetensors');
    saveParameters(path, published);
    const tokenizer = VideoTokenizer.released(config, path);
    for (const name of tokenizer.parameters.names())
      expect(tokenizer.parameters.digest(name), name).toBe(published.digest(name));
    tokenizer.dispose();
  });

  it('of another model, and folders of another stage, are refused with what differs', () => {
    const other = Parameters.initialize(videoTokenizerParameters({ ...config, zChannels: 7 }), new Random(4));
    const path = join(folder(), 'autoencoder.safetensors');
    saveParameters(path, other);
    expect(() => VideoTokenizer.released(config, path)).toThrow(
      /quant_conv\.conv3d\.weight: expected \[6, 5, 1, 1, 1\], found \[6, 7, 1, 1, 1\]/,
    );
    const wrong = folder();
    writeFileSync(join(wrong, 'model.json'), '{"config": {"channels": 0}}');
    expect(() => VideoTokenizer.load(wrong)).toThrow(/model\.json: not the description of a video tokenizer/);
  });
});
