import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { egoClip, egoExoClips, readEgoIt, readEgoMcq, VideoLocator, webPairs } from '@egolab/ego-data';
import type { ClipPair, EgoMcqQuestion, InstructionRecord, McqClip, SkipReport, Split } from '@egolab/ego-data';
import { UserError, type Random } from '@egolab/foundation';
import type { ClipRequest } from '@egolab/video';
import type { View } from '@egolab/video-llm';
import type { Progress } from '../progress.ts';
import type { DataSettings } from './data-settings.ts';

/** A clip and the sentence that describes it. */
export interface ClipText {
  clip: ClipRequest;
  text: string;
  view: View;
}

/** Folder of one dataset: below the configured root, or in the world that stage `datasets` wrote. */
export function datasetFolder(data: DataSettings, dataStage: string, name: string): string {
  return join(data.root ?? join(dataStage, 'world'), name);
}

/** Captioned third-person videos and images for the exocentric encoder (section 4.1, Table 1). */
export async function readWeb(data: DataSettings, dataStage: string, progress: Progress): Promise<ClipText[]> {
  const below = (path: string) => datasetFolder(data, dataStage, path);
  const sources = data.web.map((source) =>
    'shards' in source
      ? { shards: below(source.shards) }
      : { ...source, annotations: below(source.annotations), media: below(source.media) },
  );
  const { pairs, skipped } = await webPairs(...sources);
  reportSkipped(progress, 'web', skipped);
  return pairs.map(({ media, start, end, text }) => ({ clip: { media, start, end }, text, view: 'exo' }));
}

/** EgoClip for the egocentric encoder (section 4.1, Table 1). */
export async function readEgoClipPairs(folder: string, progress: Progress): Promise<ClipText[]> {
  const { clips, skipped } = await egoClip({ file: join(folder, 'egoclip.csv'), videos: join(folder, 'videos') });
  reportSkipped(progress, 'EgoClip', skipped);
  return clips.map(({ video, start, end, text }) => ({ clip: { media: video, start, end }, text, view: 'ego' }));
}

/** Ego-ExoClip (section 3.1). */
export function readEgoExoClip(
  folder: string,
  data: DataSettings,
  split: Split,
  progress: Progress,
): readonly ClipPair[] {
  const { clips, statistics, skipped } = egoExoClips({ root: folder, split, ...data.egoExoClip });
  progress.note(`Ego-ExoClip ${split}: ${clips.length} narrations of ${statistics.groups} takes`);
  for (const { item, reason } of skipped) progress.note(`  left out ${item}: ${reason}`);
  return clips;
}

/** The egocentric view of a pair. */
export function egoView({ egoVideo, start, end }: ClipPair): ClipRequest {
  return { media: egoVideo, start, end };
}

/** Its exocentric views, the best one first where it is known. */
export function exoViews({ exoVideos, bestExo, start, end }: ClipPair): ClipRequest[] {
  const best = exoVideos.filter(({ camId }) => camId === bestExo);
  const others = exoVideos.filter(({ camId }) => camId !== bestExo);
  return [...best, ...others].map(({ path }) => ({ media: path, start, end }));
}

/**
 * EgoIT's instruction records (section 3.2): `egoit/egoit_train.json` where the data holds one, and those that stage `egobench-datasets`
 * made of the sources. Every record once, so that the mixture is that of the sizes (Table 1).
 *
 * @param sources folder of the sources' videos
 * @throws UserError when there is none
 */
export function readInstructions(
  egoIt: string,
  made: { readonly file: string; readonly videos: string },
  progress: Progress,
): InstructionRecord[] {
  const whole = join(egoIt, 'egoit_train.json');
  const files = [...(existsSync(whole) ? [{ file: whole, videos: egoIt }] : []), made];
  const records = files.flatMap(({ file, videos }) => {
    const { records, skipped } = readEgoIt({ file, videos, missingVideos: 'skip' });
    reportSkipped(progress, 'EgoIT', skipped);
    return records;
  });
  if (records.length > 0) return records;
  throw new UserError({
    what: 'there are no instruction records',
    where: egoIt,
    mend: 'put egoit_train.json there, or one of the sources of EgoIT (OpenEQA, EgoTimeQA, Something-Something-V2, EGTEA, EgoExoLearn) beside it',
  });
}

/** An EgoMCQ question with its clips found on disk. */
export interface LocatedMcq extends EgoMcqQuestion {
  clips: ClipRequest[];
}

export function readEgoMcqClips(folder: string): LocatedMcq[] {
  const file = join(folder, 'egomcq.json');
  const locator = new VideoLocator(join(folder, 'videos'));
  const locate = ({ videoUid, start, end }: McqClip, id: string): ClipRequest => {
    const found = locator.locate(videoUid, start, end, `${file} (question ${id})`);
    if (!found)
      throw new UserError({
        what: `the video ${videoUid} of question ${id} is missing`,
        where: join(folder, 'videos'),
        mend: 'download it: a benchmark is scored whole',
      });
    return { media: found.video, start: found.start, end: found.end };
  };
  return readEgoMcq(file).map((question) => ({
    ...question,
    clips: question.choices.map((choice) => locate(choice, question.id)),
  }));
}

/** At most `limit` items, drawn without replacement; all of them when there are no more. */
export function sample<T>(items: readonly T[], limit: number | null, random: Random): T[] {
  return limit === null || items.length <= limit ? [...items] : random.shuffle(items).slice(0, limit);
}

function reportSkipped(progress: Progress, name: string, { byReason }: SkipReport): void {
  for (const [reason, count] of Object.entries(byReason)) progress.note(`${name}: ${count} left out: ${reason}`);
}
