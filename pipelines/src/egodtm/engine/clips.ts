import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { egoClip, type EgoClipPair, type SkipReport } from '@egolab/ego-data';
import { clipFrames, decodeClips, probe, type FrameSampler } from '@egolab/video';
import type { ClipFrames } from '@egolab/caption-enrichment';
import { datasetsFolder, type WorldDataSettings } from '../../world-datasets.ts';

/** Folder of EgoClip: below the configured root, or in the world that stage `egodtm-datasets` wrote. */
export const egoClipFolder = (data: WorldDataSettings, stageFolder: string): string =>
  join(datasetsFolder(data, stageFolder, 'egodtm'), 'egoclip');

/** The training split of EgoClip, in the order by which its clips are numbered. */
export async function readTrainingClips(folder: string): Promise<{ clips: EgoClipPair[]; skipped: SkipReport }> {
  return egoClip({ file: join(folder, 'egoclip.csv'), videos: join(folder, 'videos') });
}

/** Clips of takes apart from the training split; none where there is no such table. */
export async function readHeldOutClips(folder: string): Promise<EgoClipPair[]> {
  const file = join(folder, 'egoclip_val.csv');
  return existsSync(file) ? (await egoClip({ file, videos: join(folder, 'videos') })).clips : [];
}

/** A clip with its number. */
export interface NumberedClip extends EgoClipPair {
  readonly clip: number;
}

/** Clips by video, so that each is opened once. */
export function byVideo(clips: readonly EgoClipPair[]): NumberedClip[][] {
  const groups = new Map<string, NumberedClip[]>();
  clips.forEach((pair, clip) => groups.set(pair.video, [...(groups.get(pair.video) ?? []), { ...pair, clip }]));
  return [...groups.values()];
}

export interface FrameChoice {
  readonly numFrames: number;
  readonly sampler: FrameSampler;
}

/** Indices of the frames that stand for each clip of one video; the number and rule are those of training without jitter. */
export async function chosenFrames(
  clips: readonly NumberedClip[],
  { numFrames, sampler }: FrameChoice,
): Promise<number[][]> {
  const info = await probe(clips[0].video);
  return clips.map((clip) => clipFrames(clip, info, numFrames, sampler));
}

/** Those frames at the video's own size; clips of one video in one pass over it. */
export async function decodeChosen(clips: readonly NumberedClip[], choice: FrameChoice): Promise<ClipFrames[]> {
  const decoded = await decodeClips(clips[0].video, clips, choice);
  return decoded.map((frames, i) => ({ ...frames, videoUid: clips[i].videoUid, narrationTime: clips[i].timestamp }));
}
