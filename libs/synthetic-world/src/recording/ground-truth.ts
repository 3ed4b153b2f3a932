import { join } from 'node:path';
import type { Intrinsics } from '../render/camera.ts';
import type { Geometry } from '../render/view.ts';
import type { Instant } from '../take/simulate.ts';
import type { Take } from '../take/take.ts';
import { Instance } from '../world/body.ts';
import { writeSmallFile, writeSmallPng } from './files.ts';
import type { Side } from '../world/objects.ts';

/** A frame whose geometry is written. */
export interface TrueFrame {
  /** index in the video */
  readonly frame: number;
  readonly instant: Instant;
  readonly geometry: Geometry;
  /** what each hand touches: index into the take's objects */
  readonly contact: readonly { readonly hand: Side; readonly object: number }[];
}

/** Depth in whole millimetres, uint16. */
export const millimetres = ({ depth }: Geometry): Uint16Array<ArrayBuffer> =>
  Uint16Array.from(depth, (z) => Math.min(65535, Math.round(z * 1000)));

/**
 * Exact geometry of the ego view: `depth/NNNNNN.png` (16-bit, millimetres, z-depth), `masks/NNNNNN.png` (8-bit instance
 * ids), and `frames.json` (intrinsics, camera-to-world poses, gaze, instance names, contact state). Frames are written
 * as they come, so a generator of them keeps no more than one in memory.
 */
export function writeGroundTruth(
  folder: string,
  take: Take,
  fps: number,
  intrinsics: Intrinsics,
  frames: Iterable<TrueFrame>,
): void {
  const { width, height } = intrinsics;
  const entries: object[] = [];
  for (const { frame, instant, geometry, contact } of frames) {
    const file = `${String(frame).padStart(6, '0')}.png`;
    writeSmallPng(join(folder, 'depth', file), { data: millimetres(geometry), width, height, channels: 1 });
    writeSmallPng(join(folder, 'masks', file), { data: geometry.instances, width, height, channels: 1 });
    const { valid, yaw, pitch, depth: distance, instance } = instant.gaze;
    entries.push({
      frame,
      file,
      rotation: instant.head.rotation,
      position: instant.head.position,
      gaze: { valid, yaw, pitch, depth: distance, instance },
      contact: contact.map(({ hand, object }) => ({ hand, instance: Instance.firstObject + object })),
    });
  }
  const names = {
    0: 'background',
    1: 'left hand',
    2: 'right hand',
    3: 'body',
    4: 'liquid',
    ...Object.fromEntries(take.plan.placements.map(({ category }, index) => [Instance.firstObject + index, category])),
  };
  writeSmallFile(
    join(folder, 'frames.json'),
    JSON.stringify({ take_uid: take.uid, fps, intrinsics, instances: names, frames: entries }),
  );
}
