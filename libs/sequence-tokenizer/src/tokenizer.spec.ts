import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveParameters } from '@egolab/checkpoints';
import { Random } from '@egolab/foundation';
import { init, Parameters } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import { describe, expect, it } from 'vitest';
import {
  cameraReconstruction,
  CameraTokenizer,
  gazeReconstruction,
  GazeTokenizer,
  sequenceTokenizerConfigSchema,
  sequenceTokenizerParameters,
  standardizationOf,
} from './index.ts';

const small = { numFrames: 12, dim: 16, depth: 1, numHeads: 2, codebookSize: 12, latentDim: 4 };
const camera = sequenceTokenizerConfigSchema.parse({ modality: 'camera', ...small });
const gaze = sequenceTokenizerConfigSchema.parse({ modality: 'gaze', ...small });
const folder = () => mkdtempSync(join(tmpdir(), 'egolab-sequence-tokenizer-'));

/** Twelve poses: `angle` about the vertical axis, `x` metres to the right. */
const poses = (angle: number, x: number) =>
  Float32Array.from(Array.from({ length: 12 }, () => [Math.cos(angle), 0, -Math.sin(angle), 0, 1, 0, x, 0, 0]).flat());

describe('camera tokenizer', () => {
  const clips = Array.from({ length: 70 }, (_, i) => poses(i / 70, i / 10));
  const standardization = standardizationOf(clips);

  it('takes clips to tokens and back, the same after saving and loading', () => {
    const tokenizer = CameraTokenizer.initialize(camera, standardization, new Random(1));
    const before = tf.memory().numTensors;
    const tokens = tokenizer.tokenize(clips); // more than one batch
    const decoded = tokenizer.detokenize(tokens);
    expect(tf.memory().numTensors).toBe(before);
    expect(tokens).toHaveLength(70);
    expect(tokens.every((clip) => clip.length === 6 && clip.every((token) => token >= 0 && token < 12))).toBe(true);
    expect(decoded.map(({ length }) => length)).toEqual(Array(70).fill(108));
    // the mean of codes that are certain is the codes
    const certain = tokens.map((clip) => Float32Array.from({ length: 72 }, (_, i) => (clip[Math.floor(i / 12)] === i % 12 ? 1 : 0))); // prettier-ignore
    const means = tokenizer.detokenizeMean(certain);
    means.forEach((clip, i) => clip.forEach((value, k) => expect(Math.abs(value - decoded[i][k])).toBeLessThan(1e-5)));
    expect(tf.memory().numTensors).toBe(before);
    const saved = folder();
    tokenizer.save(saved);
    tokenizer.dispose();
    const loaded = CameraTokenizer.load(saved);
    expect(loaded.standardization).toEqual(standardization);
    expect(loaded.tokenize(clips)).toEqual(tokens);
    expect(loaded.detokenize(tokens)).toEqual(decoded);
    loaded.dispose();
  });

  it("standardises by the training set's mean and deviation", () => {
    const { mean, std } = standardizationOf([poses(0, 1), poses(0, 3)]);
    expect(mean).toEqual([1, 0, 0, 0, 1, 0, 2, 0, 0]);
    expect(std).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]); // x: 1; what never varies: 1
    const tokenizer = CameraTokenizer.initialize(camera, standardization, new Random(1));
    const input = tokenizer.input(clips);
    for (const moment of [
      tf.mean(input, [0, 1]),
      tf.sub(tf.moments(input, [0, 1]).variance, [1, 0, 1, 0, 0, 0, 1, 0, 0]),
    ])
      expect(Math.max(...moment.dataSync().map(Math.abs))).toBeLessThan(1e-3);
    tokenizer.dispose();
  });

  it('refuses clips and tokens of another length, and folders of another modality', () => {
    const tokenizer = CameraTokenizer.initialize(camera, standardization, new Random(1));
    expect(() => tokenizer.tokenize([new Float32Array(99)])).toThrow(/expected 12 frames of 9 numbers, got 99/);
    expect(() => tokenizer.detokenize([[1, 2, 3]])).toThrow(/expected 6 tokens in \[0, 12\), got 1 2 3/);
    expect(() => tokenizer.detokenize([[0, 0, 0, 0, 0, 12]])).toThrow(/expected 6 tokens in \[0, 12\)/);
    const saved = folder();
    tokenizer.save(saved);
    expect(() => GazeTokenizer.load(saved)).toThrow(
      /model\.json: not the description of a gaze tokenizer: its modality is camera/,
    );
    const path = join(saved, 'model.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"codebookSize": 12', '"codebookSize": 16'));
    expect(() => CameraTokenizer.load(saved)).toThrow(
      /quantize\._codebook\.embed: expected \[16, 4\], found \[12, 4\]/,
    );
    tokenizer.dispose();
  });
});

describe('gaze tokenizer', () => {
  const clip = (x: number) => ({ xy: new Float32Array(24).fill(x), valid: new Uint8Array(12).fill(1) });

  it('takes clips to tokens and back, also one without a valid frame', () => {
    const tokenizer = GazeTokenizer.initialize(gaze, new Random(1));
    const tokens = tokenizer.tokenize([clip(0.2), { xy: new Float32Array(24), valid: new Uint8Array(12) }]);
    const decoded = tokenizer.detokenize(tokens);
    expect(decoded.map(({ length }) => length)).toEqual([24, 24]);
    expect(decoded.every((xy) => xy.every(Number.isFinite))).toBe(true);
    tokenizer.dispose();
  });

  it("loads the release's names, its fixed positions left aside", () => {
    const positions = { shape: [1, 6, 16], init: init.ones() };
    const extra = {
      'encoder.position_embeddings': positions,
      'decoder.position_embeddings': positions,
      'quantize._codebook.initted': { shape: [1], init: init.ones() },
    };
    const released = Parameters.initialize({ ...sequenceTokenizerParameters(gaze), ...extra }, new Random(4));
    const path = join(folder(), 'gaze.safetensors');
    saveParameters(path, released);
    const tokenizer = GazeTokenizer.released(gaze, path);
    for (const name of tokenizer.parameters.names())
      expect(tokenizer.parameters.digest(name), name).toBe(released.digest(name));
    tokenizer.dispose();
  });
});

describe('reconstruction errors', () => {
  it('are in centimetres and degrees', () => {
    const { translation_cm, rotation_deg } = cameraReconstruction([poses(0, 1)], [poses(Math.PI / 18, 1.05)]);
    expect(translation_cm).toBeCloseTo(5, 4);
    expect(rotation_deg).toBeCloseTo(10, 4);
  });

  it('are fractions of the image for gaze, over valid frames', () => {
    const valid = new Uint8Array(12).fill(1);
    valid[3] = 0;
    const reconstructed = Float32Array.from({ length: 24 }, (_, i) => (i % 2 ? 0.5 : 0.6));
    reconstructed[6] = NaN;
    const errors = gazeReconstruction([{ xy: new Float32Array(24).fill(0.5), valid }], [reconstructed]);
    expect(errors.distance).toBeCloseTo(0.1, 5);
    expect(errors.mse).toBeCloseTo(0.005, 6);
    expect(errors.validFrames).toBe(11);
  });
});
