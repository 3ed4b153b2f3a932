import { join } from 'node:path';
import type { CameraPose } from '../render/camera.ts';
import { writeSmallFile, writeSmallPng } from './files.ts';
import { matrixOf } from './pose.ts';
import type { Recording } from './recording.ts';

/** A sequence of H2O: `cam4/{rgb,depth,cam_pose}/NNNNNN.*` and `cam4/cam_intrinsics.txt`. */
export interface H2oSequence {
  readonly kind: 'h2o';
  /** `subject1/h1/0` */
  readonly folder: string;
}

/** File name of a frame, without its ending. */
export const h2oFrame = (index: number): string => String(index).padStart(6, '0');

/**
 * RGB (8-bit PNG), depth (16-bit PNG, millimetres, z), camera-to-world pose (16 numbers, row by row, OpenCV axes) a frame,
 * and the intrinsics: focal x and y, centre x and y, width, height.
 */
export function writeH2oSequence(recording: Recording, { folder }: H2oSequence): void {
  const camera = join(folder, 'cam4');
  const { width, height, focal } = recording.intrinsics;
  const frames = recording.rgb();
  recording.instants.forEach(({ head }, index) => {
    const data = frames.subarray(index * width * height * 3, (index + 1) * width * height * 3);
    writeSmallPng(join(camera, 'rgb', `${h2oFrame(index)}.png`), { data, width, height, channels: 3 });
    const depth = { data: recording.depth(index), width, height, channels: 1 as const };
    writeSmallPng(join(camera, 'depth', `${h2oFrame(index)}.png`), depth);
    writeSmallFile(join(camera, 'cam_pose', `${h2oFrame(index)}.txt`), `${poseLine(head)}\n`);
  });
  writeSmallFile(
    join(camera, 'cam_intrinsics.txt'),
    `${[focal, focal, width / 2, height / 2, width, height].join(' ')}\n`,
  );
}

const poseLine = (pose: CameraPose): string =>
  matrixOf(pose)
    .map((value) => value.toFixed(9))
    .join(' ');
