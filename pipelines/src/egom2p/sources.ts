import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEgoM2pClips, type EgoM2pClip, type EgoM2pSource, type SkipLog } from '@egolab/ego-data';
import type { TokenSplit } from './model/tokens.ts';

/** Data sets whose authors split them. */
const split: readonly EgoM2pSource[] = ['ego-exo4d', 'holoassist', 'hot3d-aria', 'hot3d-quest', 'arctic', 'h2o'];
/** Those that are trained on as a whole. */
const training: readonly EgoM2pSource[] = ['taco', 'egogen'];
/** Of those that are neither, every third sequence is held out; the others are for post-training. */
const HELD_OUT = 3;

export interface SourcesOptions {
  /** folder that holds a folder of each source, and `pseudo-depth/<source>` */
  root: string;
  split: TokenSplit;
  /** frames from one clip's beginning to the next one's; default: a clip's */
  stride?: number;
  /** takes what is left out */
  log: SkipLog;
}

/** Clips of those sources that are there, one source after the other. Those that aren't are logged. */
export async function* readSources(
  sources: readonly EgoM2pSource[],
  { root, split: part, stride, log }: SourcesOptions,
): AsyncGenerator<EgoM2pClip> {
  for (const source of sources) {
    const folder = join(root, source);
    if (!existsSync(folder)) {
      log.add(source, 'the data set is not there');
      continue;
    }
    if (part === 'val' && training.includes(source)) continue;
    const pseudoDepth = join(root, 'pseudo-depth', source);
    const options = {
      source,
      root: folder,
      stride,
      split: split.includes(source) ? part : undefined,
      pseudoDepth: existsSync(pseudoDepth) ? pseudoDepth : undefined,
    };
    const isWanted = split.includes(source) || training.includes(source) ? () => true : everyThird(part);
    for await (const clip of readEgoM2pClips(options, log)) if (isWanted(clip)) yield clip;
  }
}

/** Whether a clip's sequence, counted in reading order, is of that split. */
function everyThird(part: TokenSplit): (clip: EgoM2pClip) => boolean {
  const sequences: string[] = [];
  return ({ sequence }) => {
    if (sequences.at(-1) !== sequence) sequences.push(sequence);
    return (sequences.length % HELD_OUT === 0) === (part === 'val');
  };
}

/** The same clips, whose videos are kept in memory once they are read, up to a number of bytes. */
export function keepingVideos(clips: readonly EgoM2pClip[], maxBytes: number): EgoM2pClip[] {
  let bytes = 0;
  const keeping = <Video extends Uint8Array | Float32Array>(read: (size: number) => Promise<Video>) => {
    const kept = new Map<number, Video>();
    return async (size: number): Promise<Video> => {
      const before = kept.get(size);
      if (before) return before;
      const video = await read(size);
      if (bytes + video.byteLength <= maxBytes) {
        kept.set(size, video);
        bytes += video.byteLength;
      }
      return video;
    };
  };
  return clips.map((clip) => {
    const { rgb, depth } = clip;
    const metres = depth?.readMetres;
    return {
      ...clip,
      rgb: rgb && { read: keeping((size) => rgb.read(size)) },
      depth: depth && { read: keeping((size) => depth.read(size)), readMetres: metres && keeping(metres) },
    };
  });
}

/** At most `limit` items, evenly spread; all of them where there are no more. */
export function spread<T>(items: readonly T[], limit: number | null): T[] {
  if (limit === null || items.length <= limit) return [...items];
  return Array.from({ length: limit }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / limit)]);
}

/** All items at once. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
