import { clipTiming, type ClipGaze, type Modality } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import type { MaskedModel } from '@egolab/masked-model';
import { CameraTokenizer, GazeTokenizer } from '@egolab/sequence-tokenizer';
import { VideoTokenizer, type VideoSize } from '@egolab/video-tokenizer';
import type { TokenizerFolders } from './masked-model-files.ts';
import { tokenNames } from './tokens.ts';

/** A clip's modalities in natural units. */
export interface ClipValues {
  /** uint8 `[16, size, size, 3]` */
  rgb: Uint8Array;
  /** inverse depth `[16, size, size]`, 0 to 255 */
  depth: Uint8Array | Float32Array;
  /** `[60, 2]`, fractions of the frame */
  gaze: ClipGaze;
  /** `[60, 9]`, not z-scored */
  camera: Float32Array;
}

/** The tokenizers of all modalities, from clips to the masked model's tokens and back. `dispose` frees their weights. */
export class ClipCodec {
  private constructor(
    private readonly camera: CameraTokenizer,
    private readonly gaze: GazeTokenizer,
    private readonly video: VideoTokenizer,
    readonly videoSize: VideoSize,
  ) {}

  /**
   * @param size side of the frames that `model` saw the tokens of
   * @throws UserError when the tokenizers' codebooks aren't those of the model
   */
  static load(folders: TokenizerFolders, model: MaskedModel): ClipCodec {
    const video = VideoTokenizer.load(folders.video);
    const side = sideOf(model, video);
    const videoSize = { frames: clipTiming.videoFrames, height: side, width: side };
    const codec = new ClipCodec(
      CameraTokenizer.load(folders.camera),
      GazeTokenizer.load(folders.gaze),
      video,
      videoSize,
    );
    codec.check(model, folders);
    return codec;
  }

  /** Side of the frames, in pixels. */
  get size(): number {
    return this.videoSize.height;
  }

  encode<M extends Modality>(modality: M, value: ClipValues[M]): Int32Array {
    switch (modality as Modality) {
      case 'rgb':
        return this.video.tokenizeColour(value as Uint8Array, this.videoSize).tokens;
      case 'depth':
        return this.video.tokenizeDepth(value as Uint8Array, this.videoSize).tokens;
      case 'gaze':
        return this.gaze.tokenize([value as ClipGaze])[0];
      case 'camera':
        return this.camera.tokenize([value as Float32Array])[0];
    }
  }

  decode<M extends Modality>(modality: M, tokens: Int32Array): ClipValues[M] {
    return this.decodeAny(modality, tokens) as ClipValues[M];
  }

  /**
   * What the mean code at each place stands for.
   *
   * @param probabilities of the modality's tokens, `[token, code]`
   */
  decodeMean<M extends Modality>(modality: M, probabilities: Float32Array): ClipValues[M] {
    return this.decodeMeanOfAny(modality, probabilities) as ClipValues[M];
  }

  dispose(): void {
    for (const tokenizer of [this.camera, this.gaze, this.video]) tokenizer.dispose();
  }

  private decodeAny(modality: Modality, tokens: Int32Array): ClipValues[Modality] {
    switch (modality) {
      case 'rgb':
        return this.video.detokenizeColour(tokens, this.videoSize);
      case 'depth':
        return this.video.detokenizeDepth(tokens, this.videoSize);
      case 'gaze':
        return everywhereValid(this.gaze.detokenize([tokens])[0]);
      case 'camera':
        return this.camera.detokenize([tokens])[0];
    }
  }

  private decodeMeanOfAny(modality: Modality, probabilities: Float32Array): ClipValues[Modality] {
    switch (modality) {
      case 'rgb':
        return this.video.detokenizeMeanColour(probabilities, this.videoSize);
      case 'depth':
        return this.video.detokenizeMeanDepth(probabilities, this.videoSize);
      case 'gaze':
        return everywhereValid(this.gaze.detokenizeMean([probabilities])[0]);
      case 'camera':
        return this.camera.detokenizeMean([probabilities])[0];
    }
  }

  private check(model: MaskedModel, folders: TokenizerFolders): void {
    const { video, camera, gaze } = this;
    const codebooks = {
      rgb: [video.codebookSize, folders.video],
      depth: [video.codebookSize, folders.video],
      camera: [camera.config.codebookSize, folders.camera],
      gaze: [gaze.config.codebookSize, folders.gaze],
    } as const;
    for (const modality of Object.keys(codebooks) as Modality[]) {
      const [size, folder] = codebooks[modality];
      const expected = model.config.modalities[tokenNames[modality]]?.vocabularySize;
      if (expected !== undefined && expected !== size)
        throw new UserError({
          what: `${modality}: the masked model expects a codebook of ${expected}, the tokenizer has ${size}`,
          where: folder,
          mend: 'run the stages from tokenize on again',
        });
    }
  }
}

const everywhereValid = (xy: Float32Array): ClipGaze => ({ xy, valid: new Uint8Array(xy.length / 2).fill(1) });

/** The side of the frames whose tokens have the model's grid. */
function sideOf(model: MaskedModel, video: VideoTokenizer): number {
  const { modalities } = model.config;
  const grid = modalities[tokenNames.rgb] ?? modalities[tokenNames.depth];
  return (grid?.shape[1] ?? 0) * video.config.spatialCompression;
}
