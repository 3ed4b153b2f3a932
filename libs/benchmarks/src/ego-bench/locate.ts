import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { VideoLocator } from '@egolab/ego-data';
import { resolveInside, UserError } from '@egolab/foundation';
import { probe, type ClipRequest } from '@egolab/video';
import type { ClipReference } from './question.ts';

/**
 * Where a question's clip lies on disk, in seconds.
 *
 * @param folder of the benchmark's videos
 * @param rateOf frames a second of a video
 * @throws UserError when none of its files is there, or a name leaves the folder
 */
export async function locateClip(
  { videos, start, end, frames, ego4d }: ClipReference,
  folder: string,
  id: string,
  rateOf: (media: ClipRequest['media']) => Promise<number> = async (media) => (await probe(media)).fps,
): Promise<ClipRequest> {
  if (ego4d !== undefined && start !== undefined && end !== undefined) {
    const found = new VideoLocator(folder).locate(ego4d, start, end, `question ${id}`);
    if (found) return { media: found.video, start: found.start, end: found.end };
  }
  const paths = videos.map((video) => resolveInside(folder, video, `question ${id}`));
  const found = paths.findIndex((path) => existsSync(path));
  if (found < 0)
    throw new UserError({
      what: `the video of question ${id} is missing: ${videos.join(' or ')}`,
      where: folder,
      mend: 'download it: a benchmark is scored whole',
    });
  const media = paths[found];
  if (!frames || isCutAlready(media)) return { media, start, end };
  const fps = await rateOf(media);
  return { media, start: frames[0] / fps, end: (frames[1] + 1) / fps };
}

/** EgoTaskQA's released clips are named by their interval, `video|view|start|end.mp4`, and hold nothing else. */
function isCutAlready(media: string): boolean {
  return basename(media).includes('|');
}

/** Folder of a task's videos below the data root. */
export function videosFolder(root: string, task: { readonly folder: string; readonly videos: string }): string {
  return join(root, task.folder, task.videos);
}

/** Each video's frame rate is looked up once. */
export function rememberedRates(): (media: ClipRequest['media']) => Promise<number> {
  const rates = new Map<ClipRequest['media'], Promise<number>>();
  return (media) => {
    const rate = rates.get(media) ?? probe(media).then(({ fps }) => fps);
    rates.set(media, rate);
    return rate;
  };
}
