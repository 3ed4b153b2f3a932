import type { Modality } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import { CameraTokenizer, GazeTokenizer } from '@egolab/sequence-tokenizer';
import { VideoTokenizer } from '@egolab/video-tokenizer';
import type { TokenizerFolders, TrainableMaskedModel } from './masked-model-files.ts';
import { tokenNames } from './tokens.ts';

/** Codes of a modality, float32 `[code, number]`, each number of mean 0 and variance 1 over the codes. */
type Codes = Record<Modality, Float32Array>;

/**
 * Begin with token embeddings in which like codes are alike: each modality's codes, as its tokenizer has them, through a random matrix.
 * Drawn code by code, an embedding says nothing of another's code, and each of them is to be learned from its own occurrences.
 *
 * @param std standard deviation of the embeddings
 */
export function embedCodes(
  { model, parameters }: TrainableMaskedModel,
  tokenizers: TokenizerFolders,
  std: number,
  random: Random,
): void {
  const codes = readCodes(tokenizers);
  for (const modality of Object.keys(codes) as Modality[]) {
    const name = tokenNames[modality];
    if (!model.names.includes(name)) continue;
    const { vocabularySize } = model.config.modalities[name];
    const stream = random.split(name);
    const values = codes[modality];
    const width = values.length / vocabularySize;
    const { dim } = model.config;
    const matrix = Float32Array.from({ length: width * dim }, () => stream.normal(0, std / Math.sqrt(width)));
    tf.tidy(() => {
      const embeddings = tf.matMul(tf.tensor2d(values, [vocabularySize, width]), tf.tensor2d(matrix, [width, dim]));
      parameters.variables.get(`encoder_embeddings.${name}.token_emb.weight`)!.assign(embeddings);
    });
  }
}

function readCodes({ camera, gaze, video }: TokenizerFolders): Codes {
  const opened = {
    camera: CameraTokenizer.load(camera),
    gaze: GazeTokenizer.load(gaze),
    video: VideoTokenizer.load(video),
  };
  const ofVideo = standardized(opened.video.codes(), opened.video.codebookSize);
  const codes = {
    camera: standardized(opened.camera.codes(), opened.camera.config.codebookSize),
    gaze: standardized(opened.gaze.codes(), opened.gaze.config.codebookSize),
    rgb: ofVideo,
    depth: ofVideo,
  };
  for (const tokenizer of Object.values(opened)) tokenizer.dispose();
  return codes;
}

/** @param codes `[count, number]` */
function standardized(codes: Float32Array, count: number): Float32Array {
  const width = codes.length / count;
  const out = new Float32Array(codes.length);
  for (let k = 0; k < width; k++) {
    const column = Array.from({ length: count }, (_, code) => codes[code * width + k]);
    const mean = column.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) || 1;
    column.forEach((value, code) => (out[code * width + k] = (value - mean) / deviation));
  }
  return out;
}
