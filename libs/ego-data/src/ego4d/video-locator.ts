import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside } from '@egolab/foundation';

/** A stretch of a file, seconds from its start. */
export interface LocatedClip {
  readonly video: string;
  readonly start: number;
  readonly end: number;
}

/** Seconds of EgoVLP's chunks, whose names don't tell. */
const NUMBERED_CHUNK = 600;

/** A video as it lies on disk; of chunks that are named by their first second, those seconds, rising. */
type Layout = 'whole' | 'numbered' | 'missing' | { readonly begins: readonly number[] };

/** A chunk of a video, seconds of the whole. */
interface Chunk {
  readonly video: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * Where a clip of an Ego4D video lies on disk. Knows the layouts in use: `<uid>.mp4`; EgoVLP's `<uid>/<k>.mp4`, chunks of 600 s numbered
 * from 0; LaViLa's and AVION's `<uid>.mp4/<seconds>.mp4`, chunks of any one length (300 s, 15 s) named by their first second. A clip over
 * a chunk's border is cut to the chunk that holds its middle.
 */
export class VideoLocator {
  private readonly layouts = new Map<string, Layout>();

  constructor(private readonly folder: string) {}

  /**
   * @param where the annotation that names the video, for messages
   * @returns undefined when the video, or the chunk, is not on disk
   * @throws UserError when the name leaves the folder
   */
  locate(videoUid: string, start: number, end: number, where: string): LocatedClip | undefined {
    const from = Math.max(0, start); // EgoClip's first clips may begin before zero
    const to = Math.max(from, end);
    const layout = this.layout(videoUid, where);
    if (layout === 'missing') return undefined;
    if (layout === 'whole') return { video: join(this.folder, `${videoUid}.mp4`), start: from, end: to };
    const chunk = this.chunkAt((from + to) / 2, videoUid, layout);
    if (!chunk || !existsSync(chunk.video)) return undefined;
    const { video, begin } = chunk;
    return { video, start: Math.max(0, from - begin), end: Math.min(chunk.end, to) - begin };
  }

  private chunkAt(second: number, videoUid: string, layout: 'numbered' | { begins: readonly number[] }) {
    if (layout === 'numbered') {
      const number = Math.floor(second / NUMBERED_CHUNK);
      const begin = number * NUMBERED_CHUNK;
      const chunk: Chunk = { video: join(this.folder, videoUid, `${number}.mp4`), begin, end: begin + NUMBERED_CHUNK };
      return chunk;
    }
    const { begins } = layout;
    const begin = begins.findLast((each) => each <= second);
    if (begin === undefined) return undefined;
    // the shortest distance: some chunks may be missing
    const length = begins.slice(1).reduce((least, each, i) => Math.min(least, each - begins[i]), Infinity);
    const chunk: Chunk = { video: join(this.folder, `${videoUid}.mp4`, `${begin}.mp4`), begin, end: begin + length };
    return second < chunk.end ? chunk : undefined;
  }

  private layout(videoUid: string, where: string): Layout {
    const known = this.layouts.get(videoUid);
    if (known) return known;
    const file = resolveInside(this.folder, `${videoUid}.mp4`, where);
    const folder = resolveInside(this.folder, videoUid, where);
    const inFile = namesIn(file);
    const layout = inFile
      ? { begins: secondsIn(inFile) }
      : existsSync(file)
        ? 'whole'
        : namesIn(folder)
          ? 'numbered'
          : 'missing';
    this.layouts.set(videoUid, layout);
    return layout;
  }
}

/** The first seconds of the chunks among some files, rising. */
function secondsIn(names: readonly string[]): number[] {
  const seconds = names.flatMap((name) => /^(\d+)\.mp4$/.exec(name)?.[1] ?? []);
  return seconds.map(Number).sort((a, b) => a - b);
}

/** Undefined for what is no folder. */
function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}
