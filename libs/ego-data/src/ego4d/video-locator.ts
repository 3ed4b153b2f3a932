import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside } from '@egolab/foundation';

/** A stretch of a file, seconds from its start. */
export interface LocatedClip {
  readonly video: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Where a clip of an Ego4D video lies on disk. Knows the three layouts in use:
 * `<uid>.mp4`; EgoVLP's `<uid>/<k>.mp4`, chunks of 600 s numbered from 0; LaViLa's `<uid>.mp4/<seconds>.mp4`, chunks named
 * by their first second. A clip over a chunk's border is cut to the chunk that holds its middle.
 */
export class VideoLocator {
  private readonly folder: string;
  private readonly chunkSeconds: number;
  private readonly layouts = new Map<string, 'whole' | 'numbered' | 'seconds' | 'missing'>();

  constructor(folder: string, chunkSeconds = 600) {
    this.folder = folder;
    this.chunkSeconds = chunkSeconds;
  }

  /**
   * @param where the annotation that names the video, for messages
   * @returns undefined when the video, or the chunk, is not on disk
   * @throws UserError when the name leaves the folder
   */
  locate(videoUid: string, start: number, end: number, where: string): LocatedClip | undefined {
    const from = Math.max(0, start); // EgoClip's first clips may begin before zero
    const layout = this.layout(videoUid, where);
    if (layout === 'missing') return undefined;
    if (layout === 'whole')
      return { video: join(this.folder, `${videoUid}.mp4`), start: from, end: Math.max(from, end) };
    const chunk = Math.floor((from + Math.max(from, end)) / 2 / this.chunkSeconds);
    const begin = chunk * this.chunkSeconds;
    const video =
      layout === 'numbered'
        ? join(this.folder, videoUid, `${chunk}.mp4`)
        : join(this.folder, `${videoUid}.mp4`, `${begin}.mp4`);
    if (!existsSync(video)) return undefined;
    return { video, start: Math.max(0, from - begin), end: Math.min(this.chunkSeconds, Math.max(from, end) - begin) };
  }

  private layout(videoUid: string, where: string) {
    const known = this.layouts.get(videoUid);
    if (known) return known;
    const file = resolveInside(this.folder, `${videoUid}.mp4`, where);
    const folder = resolveInside(this.folder, videoUid, where);
    const layout = isFolder(file) ? 'seconds' : existsSync(file) ? 'whole' : isFolder(folder) ? 'numbered' : 'missing';
    this.layouts.set(videoUid, layout);
    return layout;
  }
}

function isFolder(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
