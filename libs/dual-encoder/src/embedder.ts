import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { UserError } from '@egolab/foundation';
import { tf } from '@egolab/runtime';
import type { Tokenizer } from '@egolab/tokenizers';
import { clipResize, decodeFrames, type RgbImage } from '@egolab/video';
import { imageEmbeds, textEmbeds, unitLength } from './clip.ts';
import { loadClipTokenizer } from './clip-tokenizer.ts';
import { processImage, readImageProcessor } from './image-processor.ts';
import { isDualEncoder, openDualEncoder } from './load-video.ts';
import { loadClip } from './load.ts';
import { normalizePixels, PIXEL_STATISTICS, type PixelStatistics } from './pixels.ts';
import { textIds } from './text-ids.ts';
import { captionEmbeds, videoEmbeds } from './video.ts';

/** Unit-length embeddings, row-major `[count, width]`. */
export interface Embeddings {
  readonly data: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** Called after each batch with the number of items done. */
export type EmbedProgress = (done: number, total: number) => void;

/** A dual encoder with all that stands before it: image processing, frame sampling, tokenizer. */
export interface Embedder {
  /** @param images uint8 RGB, of any one size each */
  images(images: readonly RgbImage[], onProgress?: EmbedProgress): Embeddings;
  /** @param paths videos; frames are the middles of equal parts of a video */
  videos(paths: readonly string[], onProgress?: EmbedProgress): Promise<Embeddings>;
  texts(texts: readonly string[], onProgress?: EmbedProgress): Embeddings;
  dispose(): void;
}

const BATCH = { images: 16, videos: 4, texts: 64 };
/** Frames of a video for an image model: EgoDTM's number. */
const FRAMES = 4;

/**
 * Open a CLIP folder in Hugging Face format, or a dual encoder of ours.
 *
 * An image model gives a video the mean of its frames' embeddings (CLIP4Clip's parameter-free similarity, Luo et al. 2022); a
 * video model sees an image as a video that stands still.
 *
 * @throws UserError when a file is missing or damaged, or the files belong to different models
 */
export function openEmbedder(folder: string): Embedder {
  return isDualEncoder(folder) ? ofDualEncoder(folder) : ofClip(folder);
}

function ofClip(folder: string): Embedder {
  const { config, parameters: p } = loadClip(folder);
  const { image_size: size } = config.vision_config;
  const processor = readImageProcessor(folder, size);
  const pixels = (images: readonly RgbImage[], what: string) =>
    toPixels(
      images.map((image) => processImage(processor, image, size, what)),
      processor,
    );
  const read = tokenizer(folder, config.text_config.vocab_size, config.text_config.eos_token_id);
  const { max_position_embeddings: length } = config.text_config;
  return {
    images: (images, onProgress) =>
      inBatches(images, BATCH.images, (batch) => imageEmbeds(p, config, pixels(batch, 'the images')), onProgress),
    videos: (paths, onProgress) =>
      decodedInBatches(
        paths,
        FRAMES,
        (videos) => {
          const frames = imageEmbeds(p, config, pixels(videos.flat(), 'a frame'));
          const width = frames.shape[1]!;
          return unitLength(tf.mean(tf.reshape(frames, [videos.length, FRAMES, width]), 1));
        },
        onProgress,
      ),
    texts: (texts, onProgress) =>
      inBatches(
        texts,
        BATCH.texts,
        (batch) => textEmbeds(p, config, textIds(read(), batch, { length, padding: 'longest' })),
        onProgress,
      ),
    dispose: () => p.dispose(),
  };
}

function ofDualEncoder(folder: string): Embedder {
  const { config, parameters: p } = openDualEncoder(folder);
  const { image_size: size, num_frames: frames } = config.vision_config;
  const { causal, max_position_embeddings: length, vocab_size, eos_token_id } = config.text_config;
  const statistics = PIXEL_STATISTICS[config.pixel_statistics];
  const embed = (videos: RgbImage[][]) => {
    const resized = videos.flat().map((image) => clipResize(image, { shortestEdge: size }));
    return videoEmbeds(p, config, tf.reshape(toPixels(resized, statistics), [videos.length, frames, size, size, 3]));
  };
  const read = tokenizer(folder, vocab_size, eos_token_id);
  return {
    images: (images, onProgress) =>
      inBatches(
        images,
        BATCH.videos,
        (batch) => embed(batch.map((image) => Array.from({ length: frames }, () => image))),
        onProgress,
      ),
    videos: (paths, onProgress) => decodedInBatches(paths, frames, embed, onProgress),
    texts: (texts, onProgress) =>
      inBatches(
        texts,
        BATCH.texts,
        (batch) => captionEmbeds(p, config, textIds(read(), batch, { length, padding: causal ? 'longest' : 'length' })),
        onProgress,
      ),
    dispose: () => p.dispose(),
  };
}

/** The folder's tokenizer, loaded when a text asks for it and compared with the text tower. */
function tokenizer(folder: string, vocabSize: number, endOfText: number): () => Tokenizer {
  let loaded: Tokenizer | undefined;
  return () => {
    if (loaded) return loaded;
    const found = loadClipTokenizer(folder);
    const end = found.eosId ?? found.tokenId('<|endoftext|>');
    const legacy = endOfText === 2; // configurations from before transformers 4.24 say 2 and mean the largest id
    if (found.vocabSize > vocabSize || (!legacy && end !== endOfText))
      throw new UserError({
        what: `the tokenizer has ${found.vocabSize} entries and the end token ${end}, the text tower ${vocabSize} and ${endOfText}`,
        where: join(folder, 'tokenizer.json'),
        mend: 'take tokenizer and weights of the same model',
      });
    return (loaded = found);
  };
}

/** Images of one size as normalised pixels `[image, height, width, 3]`. */
function toPixels(images: readonly RgbImage[], statistics: PixelStatistics): Tensor {
  const [{ height, width }] = images;
  const values = new Float32Array(images.length * height * width * 3);
  images.forEach(({ data }, i) => values.set(data, i * height * width * 3));
  return normalizePixels(tf.tensor(values, [images.length, height, width, 3]), statistics);
}

function inBatches<T>(
  items: readonly T[],
  size: number,
  embed: (batch: readonly T[]) => Tensor,
  onProgress: EmbedProgress = () => {},
): Embeddings {
  const rows = new Rows(items.length);
  for (let begin = 0; begin < items.length; begin += size) {
    rows.add(() => embed(items.slice(begin, begin + size)));
    onProgress(Math.min(begin + size, items.length), items.length);
  }
  return rows.all();
}

async function decodedInBatches(
  paths: readonly string[],
  numFrames: number,
  embed: (videos: RgbImage[][]) => Tensor,
  onProgress: EmbedProgress = () => {},
): Promise<Embeddings> {
  const rows = new Rows(paths.length);
  for (let begin = 0; begin < paths.length; begin += BATCH.videos) {
    const videos: RgbImage[][] = [];
    for (const path of paths.slice(begin, begin + BATCH.videos)) videos.push(await framesOf(path, numFrames));
    rows.add(() => embed(videos));
    onProgress(begin + videos.length, paths.length);
  }
  return rows.all();
}

async function framesOf(path: string, numFrames: number): Promise<RgbImage[]> {
  const { data, height, width } = await decodeFrames(path, { numFrames, sampler: 'avion' });
  const bytes = height * width * 3;
  return Array.from({ length: numFrames }, (_, t) => ({
    data: data.subarray(t * bytes, (t + 1) * bytes),
    height,
    width,
  }));
}

/** Rows of embeddings, copied out of TensorFlow batch by batch. */
class Rows {
  private readonly parts: Float32Array[] = [];
  private width = 0;

  constructor(private readonly count: number) {}

  add(embed: () => Tensor): void {
    tf.tidy(() => {
      const rows = embed();
      this.width = rows.shape[1]!;
      this.parts.push(rows.dataSync<'float32'>().slice());
    });
  }

  all(): Embeddings {
    const data = new Float32Array(this.count * this.width);
    let at = 0;
    for (const part of this.parts) {
      data.set(part, at);
      at += part.length;
    }
    return { data, count: this.count, width: this.width };
  }
}
