import { encodeRle } from '@egolab/ego-data';
import { npyBytes } from '@egolab/foundation';
import { join } from 'node:path';
import { writeSmallFile } from '../recording/files.ts';
import { writeGroundTruth } from '../recording/ground-truth.ts';
import { DETECTION_ROWS, DETECTION_VALUES, detectionRows } from '../recording/labels.ts';
import type { Recording } from '../recording/recording.ts';
import { contactsOf } from '../take/contact.ts';
import { Instance } from '../world/body.ts';

/** A narrated clip; its files are called after the time of the narration, as in EgoDTM's data pipeline. */
export interface ClipWindow {
  /** seconds, four decimals */
  readonly narrationTime: string;
  readonly start: number;
  readonly end: number;
}

/** Exact geometry of the frames of narrated clips, and the clips' hand-object labels. */
export interface ClipTruth {
  readonly kind: 'clip-truth';
  readonly root: string;
  readonly clips: readonly ClipWindow[];
}

/**
 * - `ground-truth/<video uid>/`: depth, masks and contact of every frame of a clip, see `writeGroundTruth`;
 * - `detections/<video uid>/<time>.npy`: float32 `[frames, 4, 10]`, detections as STAR-HOI stores them;
 * - `tracks/<video uid>/<time>.json`: tracks as STAR-HOI stores them, `{ frame: { object id: { type, mask, H, W } } }`, the
 *   mask being the base64 of COCO run-length counts; frames are numbered within the video. Objects come first, then the
 *   left and the right hand.
 */
export function writeClipTruth(recording: Recording, { root, clips }: ClipTruth): void {
  const { take, fps, intrinsics } = recording;
  const framesOf = new Map(clips.map((clip) => [clip, recording.framesBetween(clip.start, clip.end)]));
  const shown = [...new Set([...framesOf.values()].flat())].sort((a, b) => a - b);
  const known = new Map<number, { readonly detections: Float32Array; readonly instances: Uint8Array }>();
  const frames = function* () {
    for (const frame of recording.truth(shown)) {
      const detections = detectionRows(recording.labels(frame.frame));
      known.set(frame.frame, { detections, instances: frame.geometry.instances });
      yield frame;
    }
  };
  writeGroundTruth(join(root, 'ground-truth', take.uid), take, fps, intrinsics, frames());
  for (const [{ narrationTime }, numbers] of framesOf) {
    const detections = numbers.flatMap((frame) => [...known.get(frame)!.detections]);
    const shape = [numbers.length, DETECTION_ROWS, DETECTION_VALUES];
    const path = (kind: string, ending: string) => join(root, kind, take.uid, `${narrationTime}.${ending}`);
    writeSmallFile(path('detections', 'npy'), npyBytes(shape, Float32Array.from(detections)));
    const masks = numbers.map((frame) => known.get(frame)!.instances);
    writeSmallFile(path('tracks', 'json'), JSON.stringify(tracks(recording, numbers, masks)));
  }
}

/** The hands, and every object that is touched in the clip, over all its frames. */
function tracks(recording: Recording, frames: readonly number[], masks: readonly Uint8Array[]): object {
  const { width, height } = recording.intrinsics;
  const { take, instants } = recording;
  const touched = new Set(frames.flatMap((frame) => Object.values(contactsOf(take.plan, instants[frame]))));
  const objects = [...touched].sort((a, b) => a - b).map((object) => Instance.firstObject + object);
  const tracked = [...objects, Instance.leftHand, Instance.rightHand];
  return Object.fromEntries(
    frames.map((frame, index) => [
      frame,
      Object.fromEntries(
        tracked.map((instance, id) => {
          const inside = masks[index].map((value) => Number(value === instance));
          const { counts } = encodeRle(inside, height, width);
          const type = instance < Instance.firstObject ? 'hand' : 'object';
          return [id + 1, { type, mask: Buffer.from(counts).toString('base64'), H: height, W: width }];
        }),
      ),
    ]),
  );
}
