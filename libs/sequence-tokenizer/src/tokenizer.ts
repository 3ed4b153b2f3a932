import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { loadParameters, openCheckpoint, saveParameters } from '@egolab/checkpoints';
import {
  cameraMean,
  cameraStd,
  denormalizeCamera,
  normalizeCamera,
  normalizeGaze,
  type ClipGaze,
} from '@egolab/ego-data';
import { readJsonFile, UserError, writeFileAtomic, type Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { tf, valuesOf } from '@egolab/runtime';
import { numChannels, numTokens, sequenceTokenizerConfigSchema, type SequenceTokenizerConfig } from './config.ts';
import { detokenize, detokenizeMean, tokenize } from './model.ts';
import { CODEBOOK, FIXED_IN_RELEASE, sequenceTokenizerParameters } from './parameters.ts';

const nine = z.array(z.number()).length(9);
const standardizationSchema = z.strictObject({ mean: nine, std: nine });
/** Of the nine camera numbers over a training set. */
export type Standardization = z.infer<typeof standardizationSchema>;

/** What the release's training set gives. */
export const releasedStandardization: Standardization = { mean: [...cameraMean], std: [...cameraStd] };

const modelFileSchema = z.strictObject({
  config: sequenceTokenizerConfigSchema,
  /** of a camera; null for gaze */
  standardization: standardizationSchema.nullable(),
});

/** Clips that go through the network at a time, outside of training. */
const BATCH = 64;

/** A tokenizer with its weights, from and to numbers in natural units. `dispose` frees the weights. */
abstract class SequenceTokenizer<Sequence> {
  constructor(
    readonly config: SequenceTokenizerConfig,
    readonly parameters: Parameters,
  ) {}

  /** Clips as the network reads them: `[batch, frame, 9]`, or 3 for gaze. */
  abstract input(clips: readonly Sequence[]): Tensor;
  /** What the network says of one clip, in natural units. */
  protected abstract output(values: Float32Array): Float32Array;
  protected abstract readonly standardization: Standardization | null;

  /** Tokens of each clip, `[token]`. */
  tokenize(clips: readonly Sequence[]): Int32Array[] {
    return batches(clips).flatMap((part) => {
      const tokens = valuesOf<'int32'>(() => tokenize(this.parameters, this.config, this.input(part)));
      return part.map((_, i) => tokens.slice(i * this.numTokens, (i + 1) * this.numTokens));
    });
  }

  /** A clip for each list of tokens. @throws Error for tokens that aren't in the codebook, and lists of another length */
  detokenize(tokens: readonly ArrayLike<number>[]): Float32Array[] {
    const { codebookSize } = this.config;
    for (const clip of tokens) {
      const known = Array.from(clip).every((token) => Number.isInteger(token) && token >= 0 && token < codebookSize);
      if (!known || clip.length !== this.numTokens)
        throw new Error(`expected ${this.numTokens} tokens in [0, ${codebookSize}), got ${Array.from(clip).join(' ')}`);
    }
    return batches(tokens).flatMap((part) => {
      const ids = Int32Array.from(part.flatMap((clip) => Array.from(clip)));
      return this.outputs(part.length, () =>
        detokenize(this.parameters, this.config, tf.tensor2d(ids, [part.length, this.numTokens], 'int32')),
      );
    });
  }

  /**
   * A clip of the mean code at each place, for tokens that are only believed.
   *
   * @param probabilities of each clip, `[token, code]`
   */
  detokenizeMean(probabilities: readonly Float32Array[]): Float32Array[] {
    const { codebookSize } = this.config;
    return batches(probabilities).flatMap((part) =>
      this.outputs(part.length, () => {
        const clips = part.map((clip) => tf.tensor3d(clip, [1, this.numTokens, codebookSize]));
        return detokenizeMean(this.parameters, this.config, tf.concat(clips, 0));
      }),
    );
  }

  private outputs(count: number, compute: () => Tensor): Float32Array[] {
    const width = this.config.numFrames * numChannels(this.config);
    const values = valuesOf(compute);
    return Array.from({ length: count }, (_, i) => this.output(values.slice(i * width, (i + 1) * width)));
  }

  get numTokens(): number {
    return numTokens(this.config);
  }

  /** The codebook, float32 `[code, latentDim]`. */
  codes(): Float32Array {
    return this.parameters.get(`${CODEBOOK}.embed`).dataSync<'float32'>().slice();
  }

  /** Write `model.safetensors`, under the release's names, and `model.json`. */
  save(folder: string): void {
    mkdirSync(folder, { recursive: true });
    const { config, standardization } = this;
    writeFileAtomic(join(folder, 'model.json'), `${JSON.stringify({ config, standardization }, null, 2)}\n`);
    saveParameters(join(folder, 'model.safetensors'), this.parameters);
  }

  dispose(): void {
    this.parameters.dispose();
  }
}

/** From and to `[60, 9]`: two columns of the rotation and the translation in metres, relative to the first frame. */
export class CameraTokenizer extends SequenceTokenizer<Float32Array> {
  constructor(
    config: SequenceTokenizerConfig,
    parameters: Parameters,
    override readonly standardization: Standardization,
  ) {
    super(config, parameters);
  }

  static initialize(
    config: SequenceTokenizerConfig,
    standardization: Standardization,
    random: Random,
  ): CameraTokenizer {
    return new CameraTokenizer(
      config,
      Parameters.initialize(sequenceTokenizerParameters(config), random),
      standardization,
    );
  }

  /** What `save` wrote. */
  static load(folder: string): CameraTokenizer {
    const { config, standardization } = readModelFile(folder, 'camera');
    return new CameraTokenizer(config, readWeights(config, join(folder, 'model.safetensors')), standardization!);
  }

  /** The release's weights as safetensors. */
  static released(config: SequenceTokenizerConfig, path: string): CameraTokenizer {
    return new CameraTokenizer(config, readWeights(config, path), releasedStandardization);
  }

  input(clips: readonly Float32Array[]): Tensor {
    const { mean, std } = this.standardization;
    return stacked(clips.map((camera) => normalizeCamera(camera, mean, std)), this.config.numFrames, 9); // prettier-ignore
  }

  protected output(values: Float32Array): Float32Array {
    return denormalizeCamera(values, this.standardization.mean, this.standardization.std);
  }
}

/** From gaze with its mask, to `[60, 2]`: x and y across the frame, nominally in [0, 1]. */
export class GazeTokenizer extends SequenceTokenizer<ClipGaze> {
  protected readonly standardization = null;

  static initialize(config: SequenceTokenizerConfig, random: Random): GazeTokenizer {
    return new GazeTokenizer(config, Parameters.initialize(sequenceTokenizerParameters(config), random));
  }

  /** What `save` wrote. */
  static load(folder: string): GazeTokenizer {
    const { config } = readModelFile(folder, 'gaze');
    return new GazeTokenizer(config, readWeights(config, join(folder, 'model.safetensors')));
  }

  /** The release's weights as safetensors. */
  static released(config: SequenceTokenizerConfig, path: string): GazeTokenizer {
    return new GazeTokenizer(config, readWeights(config, path));
  }

  input(clips: readonly ClipGaze[]): Tensor {
    return stacked(clips.map(normalizeGaze), this.config.numFrames, 3);
  }

  protected output(values: Float32Array): Float32Array {
    return values.map((value) => 0.5 * value + 0.5);
  }
}

/** Mean and standard deviation of the nine numbers over all frames of a training set. Numbers that never vary are divided by 1. */
export function standardizationOf(cameras: Iterable<Float32Array>): Standardization {
  const [sum, squares] = [new Float64Array(9), new Float64Array(9)];
  let frames = 0;
  for (const camera of cameras) {
    camera.forEach((value, i) => {
      sum[i % 9] += value;
      squares[i % 9] += value * value;
    });
    frames += camera.length / 9;
  }
  const mean = [...sum].map((total) => total / frames);
  const variance = [...squares].map((total, i) => Math.max(0, total / frames - mean[i] ** 2));
  return { mean, std: variance.map((value) => (value > 1e-12 ? Math.sqrt(value) : 1)) };
}

function batches<T>(clips: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(clips.length / BATCH) }, (_, i) => clips.slice(i * BATCH, (i + 1) * BATCH));
}

function stacked(clips: readonly Float32Array[], frames: number, width: number): Tensor {
  const values = new Float32Array(clips.length * frames * width);
  clips.forEach((clip, i) => {
    if (clip.length !== frames * width)
      throw new Error(`expected ${frames} frames of ${width} numbers, got ${clip.length} numbers`);
    values.set(clip, i * frames * width);
  });
  return tf.tensor3d(values, [clips.length, frames, width]);
}

function readModelFile(folder: string, modality: SequenceTokenizerConfig['modality']) {
  const path = join(folder, 'model.json');
  const parsed = modelFileSchema.safeParse(readJsonFile(path));
  const fits = parsed.success && parsed.data.config.modality === modality;
  if (!fits || (modality === 'camera') !== (parsed.data.standardization !== null)) {
    throw new UserError({
      what: `not the description of a ${modality} tokenizer${parsed.success ? `: its modality is ${parsed.data.config.modality}` : `: ${z.prettifyError(parsed.error)}`}`,
      where: path,
      mend: `name the folder that the stage ${modality}-tokenizer wrote`,
    });
  }
  return parsed.data;
}

function readWeights(config: SequenceTokenizerConfig, path: string): Parameters {
  const checkpoint = openCheckpoint(path);
  try {
    return loadParameters(sequenceTokenizerParameters(config), checkpoint, { ignoreExtra: FIXED_IN_RELEASE });
  } finally {
    checkpoint.close();
  }
}
