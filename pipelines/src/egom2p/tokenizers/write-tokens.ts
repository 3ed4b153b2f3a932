import { join } from 'node:path';
import {
  modalities,
  TokenShardWriter,
  type EgoM2pClip,
  type Modality,
  type TokenFormat,
  type TokenFormats,
} from '@egolab/ego-data';
import type { CameraTokenizer, GazeTokenizer } from '@egolab/sequence-tokenizer';
import type { VideoSize, VideoTokenizer, VideoTokens } from '@egolab/video-tokenizer';
import { tokenNames } from '../model/tokens.ts';

/** One tokenizer for each of camera and gaze, one for both videos. */
export interface Tokenizers {
  camera: CameraTokenizer;
  gaze: GazeTokenizer;
  video: VideoTokenizer;
}

/** Clips that are tokenized together. */
const BATCH = 16;

/** How many clips a data set has of each set of modalities, as `camera-depth-rgb`. */
export type TokenizedClips = Record<string, number>;

/**
 * Write a data set's tokens as shards: clips with the same modalities share a folder, `<folder>/<source>.<modalities>`.
 *
 * @param folder of one split of all data sets
 * @param size frames and pixels that videos are read at
 */
export async function writeTokens(
  clips: AsyncIterable<EgoM2pClip>,
  tokenizers: Tokenizers,
  size: VideoSize,
  folder: string,
  onClips: (count: number) => void = () => undefined,
): Promise<TokenizedClips> {
  const formats = tokenFormats(tokenizers, size);
  const writers = new Map<string, TokenShardWriter>();
  const counts: TokenizedClips = {};
  for await (const batch of inBatches(clips, BATCH)) {
    const tokens = await tokenizeClips(batch, tokenizers, size);
    batch.forEach((clip, i) => {
      const own = modalities.filter((modality) => clip[modality] !== undefined).sort();
      const name = own.join('-');
      const path = join(folder, `${clip.source}.${name}`);
      const writer = writers.get(path) ?? new TokenShardWriter(path, pick(formats, own));
      writers.set(path, writer);
      writer.add({ key: clip.key, tokens: tokens[i] });
      counts[name] = (counts[name] ?? 0) + 1;
    });
    onClips(batch.length);
  }
  for (const writer of writers.values()) writer.close();
  return counts;
}

/** What the masked model has to know of each modality's tokens. */
export function tokenFormats({ camera, gaze, video }: Tokenizers, size: VideoSize): Record<Modality, TokenFormat> {
  const ofVideo = { vocabularySize: video.codebookSize, shape: video.tokenShape(size) };
  return {
    rgb: ofVideo,
    depth: ofVideo,
    gaze: { vocabularySize: gaze.config.codebookSize, shape: [gaze.numTokens] },
    camera: { vocabularySize: camera.config.codebookSize, shape: [camera.numTokens] },
  };
}

function pick(formats: Record<Modality, TokenFormat>, own: readonly Modality[]): TokenFormats {
  return Object.fromEntries(own.map((modality) => [tokenNames[modality], formats[modality]]));
}

/** For each clip the tokens of the modalities that it has, by the masked model's names. */
async function tokenizeClips(
  clips: readonly EgoM2pClip[],
  { camera, gaze, video }: Tokenizers,
  size: VideoSize,
): Promise<Record<string, Int32Array>[]> {
  const tokens = clips.map((): Record<string, Int32Array> => ({}));
  const some = <T>(values: readonly (T | undefined)[], tokenize: (own: T[]) => Int32Array[], name: string): void => {
    const having = values.flatMap((value, i) => (value === undefined ? [] : [{ value, i }]));
    tokenize(having.map(({ value }) => value)).forEach((made, k) => (tokens[having[k].i][name] = made));
  };
  some(clips.map((clip) => clip.camera), (own) => camera.tokenize(own), tokenNames.camera); // prettier-ignore
  some(clips.map((clip) => clip.gaze), (own) => gaze.tokenize(own), tokenNames.gaze); // prettier-ignore
  // asked for together: clips of a recording are one pass over its video
  const videos = (name: 'rgb' | 'depth') => Promise.all(clips.map(async (clip) => await clip[name]?.read(size.height)));
  const [colours, depths] = [await videos('rgb'), await videos('depth')];
  const tokensOf = (made: readonly VideoTokens[]) => made.map(({ tokens }) => tokens);
  some(colours, (own) => tokensOf(video.tokenizeColours(own, size)), tokenNames.rgb);
  some(depths, (own) => tokensOf(video.tokenizeDepths(own, size)), tokenNames.depth);
  return tokens;
}

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
