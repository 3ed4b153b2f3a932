import { encodeRle } from '@egolab/ego-data';
import { writeSmallPng } from '../recording/files.ts';
import { join } from 'node:path';
import type { Box, FrameLabels } from '../recording/labels.ts';
import type { Recording } from '../recording/recording.ts';

/** Frames of a recording as pictures, with the masks of the hands and of what they touch. */
export interface HandObjectFrames {
  readonly kind: 'hand-object-frames';
  readonly folder: string;
  /** what comes before `_frame_0000000155.png` */
  readonly prefix: string;
  readonly everyFrames: number;
}

/** Compressed COCO run-length encoding. */
export interface Rle {
  readonly size: readonly [number, number];
  readonly counts: string;
}

export interface LabelledFrame extends FrameLabels {
  readonly file: string;
  /** by instance, of all hands and objects of the frame */
  readonly masks: Readonly<Record<number, { readonly rle: Rle; readonly area: number; readonly box: Box }>>;
}

export function writeHandObjectFrames(
  recording: Recording,
  { folder, prefix, everyFrames }: HandObjectFrames,
): LabelledFrame[] {
  const { width, height } = recording.intrinsics;
  const rgb = recording.rgb();
  const frames = Array.from({ length: recording.numFrames }, (_, frame) => frame).filter(
    (frame) => frame % everyFrames === 0,
  );
  return frames.map((frame) => {
    const file = `${prefix}_frame_${String(frame).padStart(10, '0')}.png`;
    const data = rgb.subarray(frame * width * height * 3, (frame + 1) * width * height * 3);
    writeSmallPng(join(folder, file), { data, width, height, channels: 3 });
    const labels = recording.labels(frame);
    const { instances } = recording.geometry(frame);
    const masks = [...labels.hands, ...labels.objects].map(({ instance, box }) => {
      const mask = instances.map((value) => Number(value === instance));
      const area = mask.reduce((sum, inside) => sum + inside, 0);
      return [instance, { rle: encodeRle(mask, height, width), area, box }] as const;
    });
    return { file, ...labels, masks: Object.fromEntries(masks) };
  });
}
