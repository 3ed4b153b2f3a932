import { clipTiming, readEgoM2pClips, SkipLog, type EgoM2pClip, type EgoM2pSource } from '@egolab/ego-data';
import type { Progress } from '../../progress.ts';
import { collect } from '../sources.ts';
import { noteSkipped } from './read-sequences.ts';
import type { Sequences } from './train-sequence.ts';

/** Clips of a source, told apart. */
export interface AdaptationClips {
  /** overlapping windows to train on */
  windows: EgoM2pClip[];
  /** the whole clips that those windows come from */
  seen: EgoM2pClip[];
  /** the last clips, which no window touches */
  heldOut: EgoM2pClip[];
}

/** Read a source, its last clips held out. */
export async function readAdaptation(
  root: string,
  { source, heldOutClips, trainStride }: { source: EgoM2pSource; heldOutClips: number; trainStride: number },
  progress: Progress,
): Promise<AdaptationClips> {
  const log = new SkipLog();
  const whole = await collect(readEgoM2pClips({ source, root }, log));
  const overlapping = await collect(readEgoM2pClips({ source, root, stride: trainStride }));
  noteSkipped(log, progress);
  return splitForAdaptation(whole, overlapping, heldOutClips);
}

/** Hold the last of the whole clips out, and of the overlapping ones those that touch them. */
export function splitForAdaptation(
  whole: readonly EgoM2pClip[],
  overlapping: readonly EgoM2pClip[],
  heldOutClips: number,
): AdaptationClips {
  const first = Math.max(0, whole.length - heldOutClips);
  const heldOut = whole.slice(first);
  const touches = (a: EgoM2pClip, b: EgoM2pClip) =>
    a.sequence === b.sequence && Math.abs(a.start - b.start) < clipTiming.seconds - 1e-6;
  const windows = overlapping.filter((window) => !heldOut.some((clip) => touches(window, clip)));
  return { windows, seen: whole.slice(0, first), heldOut };
}

/** One modality of the clips that have it. */
export function sequencesOf<Sequence>(
  clips: AdaptationClips,
  modality: (clip: EgoM2pClip) => Sequence | undefined,
): Record<keyof AdaptationClips, Sequences<Sequence>> {
  const of = (some: readonly EgoM2pClip[]): Sequences<Sequence> => {
    const having = some.flatMap((clip) => {
      const sequence = modality(clip);
      return sequence === undefined ? [] : [{ key: `${clip.source}/${clip.key}`, sequence }];
    });
    return { keys: having.map(({ key }) => key), clips: having.map(({ sequence }) => sequence) };
  };
  return { windows: of(clips.windows), seen: of(clips.seen), heldOut: of(clips.heldOut) };
}
