import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import type { Skipped } from '../skipped.ts';
import { type Narration, readAtomicDescriptions, type TakeNarrations } from './annotations.ts';
import { clipStatistics, type ClipStatistics } from './statistics.ts';
import { type CameraVideo, readSplits, readTakes, requireVideos, type Take } from './takes.ts';
import { narrationWindows, type WindowOptions } from './windows.ts';

export type Split = 'train' | 'val' | 'test';

export interface EgoExoOptions extends Pick<WindowOptions, 'alpha' | 'beta'> {
  /** the folder with `takes.json`, `annotations/` and `takes/` */
  readonly root: string;
  readonly split: Split;
  /** sentences whose annotator was unsure; default `keep`, since the paper's 261.3 K leave no room for dropping them */
  readonly unsure?: 'keep' | 'drop';
  /** a video that takes.json names and the folder lacks: `error` (default), or `skip` what needs it and list it */
  readonly missingVideos?: 'error' | 'skip';
}

/** A clip-text pair of Ego-ExoClip with its views; all of them are cut at the same times. */
export interface ClipPair {
  readonly takeUid: string;
  readonly takeName: string;
  readonly scenario: string;
  /** seconds from the take's start */
  readonly start: number;
  readonly end: number;
  readonly timestamp: number;
  readonly text: string;
  /** the annotator's id */
  readonly narrator: string;
  readonly subject: string;
  readonly egoVisible: boolean;
  readonly unsure: boolean;
  /** absolute path of the Aria RGB video */
  readonly egoVideo: string;
  readonly exoVideos: readonly CameraVideo[];
  /** the camera that shows this narration best, else the take best, where one is known and among `exoVideos` */
  readonly bestExo?: string;
}

export interface EgoExoClips {
  readonly clips: readonly ClipPair[];
  readonly statistics: ClipStatistics;
  readonly skipped: readonly Skipped[];
}

/**
 * Ego-ExoClip from an Ego-Exo4D folder (paper section 3.1): takes without narrations, without a mapping to video files,
 * or of another split are left out and listed; both annotators are kept; timestamps become clips by equation 1.
 * @throws UserError for a missing or cut file, a path that leaves the root, a missing video, or when nothing is left
 */
export function egoExoClips(options: EgoExoOptions): EgoExoClips {
  const { root, split, unsure = 'keep', missingVideos = 'error' } = options;
  const takesFile = join(root, 'takes.json');
  const annotations = annotationFile(root, split);
  const skipped: Skipped[] = [];
  const takes = readTakes(takesFile);
  const narrated = readAtomicDescriptions(annotations);
  let usable = selectTakes(takes, narrated, { root, split }, skipped);
  if (missingVideos === 'skip') usable = withPresentVideos(usable, skipped);
  else
    requireVideos(
      usable.map(({ take }) => take),
      takesFile,
    );

  const clips: ClipPair[] = [];
  for (const { take, narrations } of usable) {
    const kept = narrations.filter((narration) => unsure === 'keep' || !narration.unsure);
    clips.push(...clipsOfTake(take, kept, options, skipped));
  }
  if (clips.length === 0) throw nothingLeft(annotations, skipped);
  const groups = [...new Set(clips.map(({ takeUid }) => takeUid))].map((uid) =>
    groupOf(usable.find(({ take }) => take.takeUid === uid)!.take),
  );
  const statistics = clipStatistics({
    clips: clips.map((clip) => ({ ...clip, exoViews: clip.exoVideos.length })),
    groups,
  });
  return { clips, statistics, skipped };
}

interface NarratedTake {
  readonly take: Take;
  readonly narrations: readonly Narration[];
}

function annotationFile(root: string, split: Split): string {
  return join(root, 'annotations', `atomic_descriptions_${split}.json`);
}

/** The three filters of section 3.1; every take left out is listed with its reason. */
function selectTakes(
  takes: readonly Take[],
  narrated: readonly TakeNarrations[],
  { root, split }: Pick<EgoExoOptions, 'root' | 'split'>,
  skipped: Skipped[],
): NarratedTake[] {
  const byUid = new Map(takes.map((take) => [take.takeUid, take]));
  const splits = readSplits(join(root, 'annotations', 'splits.json'));
  const usable: NarratedTake[] = [];
  for (const { takeUid, narrations, rejectedPasses, unusable } of narrated) {
    const take = byUid.get(takeUid);
    const item = take ? `take ${take.takeName}` : `take uid ${takeUid}`;
    if (rejectedPasses > 0)
      skipped.push({ item, reason: `annotation passes rejected by quality control: ${rejectedPasses}` });
    if (unusable > 0) skipped.push({ item, reason: `sentences without text or time: ${unusable}` });
    const reason = unusableReason(take, narrations, splits.get(takeUid) ?? split, split);
    if (reason) skipped.push({ item, reason });
    else usable.push({ take: take!, narrations });
  }
  const elsewhere = splits.size === 0 ? takesOfOtherSplits(root, split) : [];
  const named = new Set([...narrated.map(({ takeUid }) => takeUid), ...elsewhere]);
  for (const { takeUid, takeName } of takes) {
    if (!named.has(takeUid) && (splits.get(takeUid) ?? split) === split) {
      skipped.push({ item: `take ${takeName}`, reason: 'no narrations' });
    }
  }
  return usable;
}

function unusableReason(
  take: Take | undefined,
  narrations: readonly Narration[],
  takeSplit: string,
  split: Split,
): string | undefined {
  if (!take) return 'no UID mapping: the take is not in takes.json';
  if (takeSplit !== split) return `belongs to split ${takeSplit}`;
  if (take.dropped) return 'dropped from the data set (is_dropped)';
  if (!take.ego) return 'no UID mapping: no egocentric RGB video in takes.json';
  if (take.exo.length === 0) return 'no UID mapping: no exocentric video in takes.json';
  if (narrations.length === 0) return 'no narrations';
  return undefined;
}

/** Takes narrated in the annotation files of the other splits: without splits.json, the only sign that they belong there. */
function takesOfOtherSplits(root: string, split: Split): string[] {
  const others = readdirSync(join(root, 'annotations')).filter(
    (name) => /^atomic_descriptions_\w+\.json$/.test(name) && name !== `atomic_descriptions_${split}.json`,
  );
  return others.flatMap((name) =>
    readAtomicDescriptions(join(root, 'annotations', name)).map(({ takeUid }) => takeUid),
  );
}

/** Drop the views that are not on disk, and takes left without an ego or exo view. */
function withPresentVideos(usable: readonly NarratedTake[], skipped: Skipped[]): NarratedTake[] {
  return usable.flatMap(({ take, narrations }) => {
    const item = `take ${take.takeName}`;
    for (const { camId, path } of [take.ego!, ...take.exo]) {
      if (!existsSync(path)) skipped.push({ item: `${item}, view ${camId}`, reason: 'video missing' });
    }
    const exo = take.exo.filter(({ path }) => existsSync(path));
    const whole = existsSync(take.ego!.path) && exo.length > 0;
    if (!whole) skipped.push({ item, reason: 'no egocentric or no exocentric video on disk' });
    return whole ? [{ take: { ...take, exo }, narrations }] : [];
  });
}

function clipsOfTake(
  take: Take,
  narrations: readonly Narration[],
  { alpha, beta }: Pick<WindowOptions, 'alpha' | 'beta'>,
  skipped: Skipped[],
): ClipPair[] {
  const { takeUid, takeName, scenario, duration, ego, exo } = take;
  const windows = narrationWindows(narrations, { alpha, beta, duration });
  const clips = narrations.map((narration, index) => {
    const { timestamp, text, subject, egoVisible, unsure, annotator: narrator } = narration;
    const bestExo = [narration.bestExo, take.bestExo].find((name) => exo.some(({ camId }) => camId === name));
    const views = { egoVideo: ego!.path, exoVideos: exo, bestExo };
    return {
      takeUid,
      takeName,
      scenario,
      ...windows[index],
      timestamp,
      text,
      narrator,
      subject,
      egoVisible,
      unsure,
      ...views,
    };
  });
  const inside = clips.filter(({ start }) => duration === undefined || start < duration);
  const outside = clips.length - inside.length;
  if (outside > 0)
    skipped.push({ item: `take ${takeName}`, reason: `narrations after the end of the take: ${outside}` });
  return inside.sort((a, b) => a.timestamp - b.timestamp);
}

function groupOf({ exo, duration, scenario }: Take) {
  return { videos: 1 + exo.length, duration, scenario };
}

function nothingLeft(file: string, skipped: readonly Skipped[]): UserError {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))].slice(0, 5).join('; ');
  return new UserError({
    what: `no clip-text pair is left${reasons ? `: ${reasons}` : ': the file holds no narrations'}`,
    where: file,
    mend: 'check that annotations, takes.json and the videos belong to the same release and split',
  });
}
