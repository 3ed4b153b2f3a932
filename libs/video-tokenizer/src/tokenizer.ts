import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { loadParameters, openCheckpoint, saveParameters } from '@egolab/checkpoints';
import { readJsonFile, UserError, writeFileAtomic, type Random } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { tf, valuesOf } from '@egolab/runtime';
import { PATCH, videoTokenizerConfigSchema, type VideoTokenizerConfig } from './config.ts';
import { colourToDepth, depthToColour } from './depth.ts';
import { paddedSize, padVideo, unpadVideo, windows, type WindowSize as VideoSize } from './frames.ts';
import { codebookSize, indicesToCodes } from './fsq.ts';
import { detokenize, detokenizeMean, tokenize } from './model.ts';
import { EXTRA_IN_RELEASE, videoTokenizerParameters } from './parameters.ts';

const modelFileSchema = z.strictObject({ config: videoTokenizerConfigSchema });

/** Tokens of a video, int32 `[time, height, width]`. */
export interface VideoTokens {
  tokens: Int32Array;
  shape: [time: number, height: number, width: number];
}

/** The tokenizer of colour and depth videos with its weights. `dispose` frees them. */
export class VideoTokenizer {
  constructor(
    readonly config: VideoTokenizerConfig,
    readonly parameters: Parameters,
  ) {}

  static initialize(config: VideoTokenizerConfig, random: Random): VideoTokenizer {
    return new VideoTokenizer(config, Parameters.initialize(videoTokenizerParameters(config), random));
  }

  /** What `save` wrote. */
  static load(folder: string): VideoTokenizer {
    const path = join(folder, 'model.json');
    const parsed = modelFileSchema.safeParse(readJsonFile(path));
    if (!parsed.success) {
      throw new UserError({
        what: `not the description of a video tokenizer: ${z.prettifyError(parsed.error)}`,
        where: path,
        mend: 'name the folder that the stage video-tokenizer wrote',
      });
    }
    return VideoTokenizer.released(parsed.data.config, join(folder, 'model.safetensors'));
  }

  /** Published weights as safetensors (the names of the autoencoder's state). */
  static released(config: VideoTokenizerConfig, path: string): VideoTokenizer {
    const checkpoint = openCheckpoint(path);
    try {
      const specs = videoTokenizerParameters(config);
      return new VideoTokenizer(config, loadParameters(specs, checkpoint, { ignoreExtra: EXTRA_IN_RELEASE }));
    } finally {
      checkpoint.close();
    }
  }

  get codebookSize(): number {
    return codebookSize(this.config.levels);
  }

  /** All codes, float32 `[code, number]` in [-1, 1]. */
  codes(): Float32Array {
    const { levels } = this.config;
    return valuesOf(() => indicesToCodes(tf.range(0, this.codebookSize, 1, 'int32'), levels));
  }

  /** Shape of a video's tokens, `[time, height, width]`. */
  tokenShape({ frames, height, width }: VideoSize): VideoTokens['shape'] {
    const { spatialCompression } = this.config;
    const padded = windows(frames).map(({ begin, end }) => paddedSize({ frames: end - begin, height, width }));
    const steps = padded.reduce((sum, window) => sum + 1 + (window.frames - 1) / PATCH, 0);
    return [steps, padded[0].height / spatialCompression, padded[0].width / spatialCompression];
  }

  /** @param pixels uint8 `[frames, height, width, 3]` */
  tokenizeColour(pixels: Uint8Array, size: VideoSize): VideoTokens {
    return this.tokenize([pixels], size, 3)[0];
  }

  /** @param depth uint8 `[frames, height, width]` */
  tokenizeDepth(depth: Uint8Array, size: VideoSize): VideoTokens {
    return this.tokenize([depth], size, 1)[0];
  }

  /** Several videos of one size at once. */
  tokenizeColours(videos: readonly Uint8Array[], size: VideoSize): VideoTokens[] {
    return this.tokenize(videos, size, 3);
  }

  /** Several depth videos of one size at once. */
  tokenizeDepths(videos: readonly Uint8Array[], size: VideoSize): VideoTokens[] {
    return this.tokenize(videos, size, 1);
  }

  /** @returns uint8 `[frames, height, width, 3]` */
  detokenizeColour(tokens: ArrayLike<number>, size: VideoSize): Uint8Array {
    return rounded(this.detokenize(tokens, size, (video) => video));
  }

  /** @returns float32 `[frames, height, width]` in [0, 255]: the mean of the three channels, not rounded */
  detokenizeDepth(tokens: ArrayLike<number>, size: VideoSize): Float32Array {
    return this.detokenize(tokens, size, colourToDepth);
  }

  /**
   * The colour video of the mean code at each place, for tokens that are only believed.
   *
   * @param probabilities `[time, height, width, code]`
   * @returns uint8 `[frames, height, width, 3]`
   */
  detokenizeMeanColour(probabilities: Float32Array, size: VideoSize): Uint8Array {
    return rounded(this.detokenizeMean(probabilities, size, (video) => video));
  }

  /** The same of a depth video: float32 `[frames, height, width]` in [0, 255], not rounded. */
  detokenizeMeanDepth(probabilities: Float32Array, size: VideoSize): Float32Array {
    return this.detokenizeMean(probabilities, size, colourToDepth);
  }

  /** Write `model.safetensors`, under the published names, and `model.json`. */
  save(folder: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileAtomic(join(folder, 'model.json'), `${JSON.stringify({ config: this.config }, null, 2)}\n`);
    saveParameters(join(folder, 'model.safetensors'), this.parameters);
  }

  dispose(): void {
    this.parameters.dispose();
  }

  private tokenize(videos: readonly Uint8Array[], size: VideoSize, channels: 1 | 3): VideoTokens[] {
    if (videos.length === 0) return [];
    const shape = this.tokenShape(size);
    const all = videos.map(() => new Int32Array(shape[0] * shape[1] * shape[2]));
    let offset = 0;
    for (const { begin, end } of windows(size.frames)) {
      const part = valuesOf<'int32'>(() => {
        const frames = videos.map((pixels) => toTensor(pixels, size, channels, begin, end));
        const video = padVideo(frames.length === 1 ? frames[0] : tf.concat(frames, 0));
        return tokenize(this.parameters, this.config, video);
      });
      const count = part.length / videos.length;
      all.forEach((tokens, i) => tokens.set(part.subarray(i * count, (i + 1) * count), offset));
      offset += count;
    }
    return all.map((tokens) => ({ tokens, shape }));
  }

  private detokenize(tokens: ArrayLike<number>, size: VideoSize, finish: (video: Tensor) => Tensor): Float32Array {
    const [time, height, width] = this.tokenShape(size);
    const known = Array.from(tokens).every(
      (token) => Number.isInteger(token) && token >= 0 && token < this.codebookSize,
    );
    if (!known || tokens.length !== time * height * width)
      throw new Error(
        `expected ${time} x ${height} x ${width} tokens in [0, ${this.codebookSize}), got ${tokens.length}`,
      );
    return this.windowed(tokens, 1, size, finish, (ids, shape) =>
      detokenize(this.parameters, this.config, tf.tensor(Int32Array.from(ids), shape, 'int32')),
    );
  }

  private detokenizeMean(
    probabilities: Float32Array,
    size: VideoSize,
    finish: (video: Tensor) => Tensor,
  ): Float32Array {
    const codes = this.codebookSize;
    return this.windowed(probabilities, codes, size, finish, (values, shape) =>
      detokenizeMean(this.parameters, this.config, tf.tensor(Float32Array.from(values), [...shape, codes])),
    );
  }

  /**
   * Decode window by window.
   *
   * @param values `width` numbers a token
   * @param decode values of a window and its shape, `[1, time, height, width]`, to its padded video
   */
  private windowed(
    values: ArrayLike<number>,
    width: number,
    size: VideoSize,
    finish: (video: Tensor) => Tensor,
    decode: (values: ArrayLike<number>, shape: number[]) => Tensor,
  ): Float32Array {
    const parts: Float32Array[] = [];
    let offset = 0;
    for (const { begin, end } of windows(size.frames)) {
      const window = { ...size, frames: end - begin };
      const shape = this.tokenShape(window);
      const first = offset;
      const count = shape[0] * shape[1] * shape[2] * width;
      offset += count;
      const own = Array.from({ length: count }, (_, i) => values[first + i]);
      parts.push(valuesOf(() => finish(unpadVideo(decode(own, [1, ...shape]), window))));
    }
    return concatenated(parts);
  }
}

/** Frames from `begin` to `end` as `[1, frames, height, width, 3]` in [0, 255]. */
function toTensor(
  pixels: Uint8Array,
  { frames, height, width }: VideoSize,
  channels: 1 | 3,
  begin: number,
  end: number,
) {
  const frame = height * width * channels;
  if (pixels.length !== frames * frame)
    throw new Error(`expected ${frames} x ${height} x ${width} x ${channels} pixels, got ${pixels.length}`);
  const values = Float32Array.from(pixels.subarray(begin * frame, end * frame));
  const shape = [1, end - begin, height, width];
  return channels === 3 ? tf.tensor(values, [...shape, 3]) : depthToColour(tf.tensor(values, shape));
}

function rounded(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, Math.round);
}

function concatenated(parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
