import { npyBytes, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { writeJpegFrames } from '../recording/ffmpeg-files.ts';
import { writeSmallPng } from '../recording/files.ts';
import { writeH2oSequence } from '../recording/h2o.ts';
import { npzBytes } from '../recording/npz.ts';
import { inversePose, matrixOf, turnAxes } from '../recording/pose.ts';
import type { Recording } from '../recording/recording.ts';
import { trajectoryCsv } from '../write/mps.ts';
import { devicePose } from './aria.ts';
import type { SequenceFiles } from './sequence.ts';
import { digits, framesOf, writeDepths, writeRgb } from './video.ts';

const intrinsicMatrix = ({ intrinsics: { width, height, focal } }: Recording): number[] => [
  ...[focal, 0, width / 2],
  ...[0, focal, height / 2],
  ...[0, 0, 1],
];

/** World-to-camera of every frame, float64 `[frames, 4, 4]`. */
const worldToCamera = ({ instants }: Recording): Float64Array =>
  Float64Array.from(instants.flatMap(({ head }) => matrixOf(inversePose(head))));

/**
 * ARCTIC: `images/<subject>/<sequence>/0/NNNNN.jpg` (view 0 is the wearer's) and
 * `raw_seqs/<subject>/<sequence>.egocam.dist.npz`: world-to-camera rotations and translations, intrinsics, no distortion. The
 * release has them as a pickle, from which this archive is made once. Picture n belongs to row n - ioi_offset, n - 1 here.
 */
export async function writeArctic(recording: Recording, { root, path }: SequenceFiles): Promise<void> {
  const { intrinsics, fps, numFrames, instants } = recording;
  const { width, height } = intrinsics;
  const images = join(root, 'images', path, '0', '%05d.jpg');
  writeJpegFrames(images, 1, { data: recording.rgb(), width, height, fps });
  const poses = instants.map(({ head }) => inversePose(head));
  const camera = npzBytes({
    R_k_cam_np: npyBytes([numFrames, 3, 3], Float64Array.from(poses.flatMap(({ rotation }) => rotation))),
    T_k_cam_np: npyBytes([numFrames, 3, 1], Float64Array.from(poses.flatMap(({ position }) => position))),
    intrinsics: npyBytes([3, 3], Float64Array.from(intrinsicMatrix(recording))),
    dist8: npyBytes([8], new Float64Array(8)),
  });
  writeFileAtomic(join(root, 'raw_seqs', `${path}.egocam.dist.npz`), camera);
  return Promise.resolve();
}

/** TACO: video and world-to-camera matrices below the sequence's triplet. */
export async function writeTaco(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  await writeRgb(recording, join(root, 'Egocentric_RGB_Videos', path, 'color.mp4'), crf);
  const folder = join(root, 'Egocentric_Camera_Parameters', path);
  const extrinsics = npyBytes([recording.numFrames, 4, 4], worldToCamera(recording));
  writeFileAtomic(join(folder, 'egocentric_frame_extrinsic.npy'), extrinsics);
  const matrix = intrinsicMatrix(recording).map((value) => value.toExponential(18));
  const rows = [0, 3, 6].map((start) => `${matrix.slice(start, start + 3).join(' ')}\n`);
  writeFileAtomic(join(folder, 'egocentric_intrinsic.txt'), rows.join(''));
}

/** H2O, as for depth probing. */
export async function writeH2o(recording: Recording, { root, path }: SequenceFiles): Promise<void> {
  writeH2oSequence(recording, { kind: 'h2o', folder: join(root, path) });
  return Promise.resolve();
}

/**
 * EgoGen: `rgb/<sequence>.mp4`, `depth/<sequence>/NNNNNN.png` (16-bit, millimetres, z-depth) and `cam/<sequence>.npz` with
 * the array `arr_0`, camera-to-world with OpenGL axes, float64 `[frames, 4, 4]`.
 */
export async function writeEgoGen(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  await writeRgb(recording, join(root, 'rgb', `${path}.mp4`), crf);
  writeDepths(recording, framesOf(recording, 1), (frame) => join(root, 'depth', path, `${digits(frame, 6)}.png`));
  const poses = recording.instants.flatMap(({ head }) => matrixOf(turnAxes(head, [1, 0, 0, 0, -1, 0, 0, 0, -1])));
  const array = npyBytes([recording.numFrames, 4, 4], Float64Array.from(poses));
  writeFileAtomic(join(root, 'cam', `${path}.npz`), npzBytes({ arr_0: array }));
}

/**
 * HOI4D: every second frame (15 fps); `align_depth/NNNNN.png` (16-bit, millimetres) as the data set's decoder leaves it,
 * `3Dseg/output.log` with camera-to-world matrices in Redwood's format, `camera_params/<device>/intrin.npy`.
 */
export async function writeHoi4d(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  const folder = join(root, path);
  const everyFrames = Math.max(1, Math.round(recording.fps / 15));
  await writeRgb(recording, join(folder, 'align_rgb', 'image.mp4'), crf, everyFrames);
  const chosen = framesOf(recording, everyFrames);
  writeDepths(recording, chosen, (index) => join(folder, 'align_depth', `${digits(index, 5)}.png`));
  const blocks = chosen.map((frame, index) => {
    const m = matrixOf(recording.instants[frame].head).map((value) => value.toFixed(9));
    const rows = [0, 4, 8, 12].map((start) => m.slice(start, start + 4).join(' '));
    return [`${index} ${index} ${index + 1}`, ...rows, ''].join('\n');
  });
  writeFileAtomic(join(folder, '3Dseg', 'output.log'), blocks.join(''));
  const [device] = path.split('/');
  const intrinsics = npyBytes([3, 3], Float64Array.from(intrinsicMatrix(recording)));
  writeFileAtomic(join(root, 'camera_params', device, 'intrin.npy'), intrinsics);
}

/**
 * Aria Synthetic Environments: every third frame (10 fps) as JPEG, depth along each pixel's ray (16-bit, millimetres),
 * instances (16-bit) and `trajectory.csv`. Pictures are upright.
 */
export async function writeAse(recording: Recording, { root, path }: SequenceFiles): Promise<void> {
  const folder = join(root, path);
  const { take, intrinsics, instants } = recording;
  const { width, height, focal } = intrinsics;
  const everyFrames = Math.max(1, Math.round(recording.fps / 10));
  const fps = recording.fps / everyFrames;
  const chosen = framesOf(recording, everyFrames);
  const bytes = width * height * 3;
  const rgb = recording.rgb();
  const pictures = new Uint8Array(chosen.length * bytes);
  chosen.forEach((frame, index) => {
    pictures.set(rgb.subarray(frame * bytes, (frame + 1) * bytes), index * bytes);
    const { depth, instances } = recording.geometry(frame);
    const range = Uint16Array.from(depth, (z, pixel) => {
      const [x, y] = [(pixel % width) + 0.5 - width / 2, Math.floor(pixel / width) + 0.5 - height / 2];
      return Math.min(65535, Math.round(z * 1000 * Math.hypot(x / focal, y / focal, 1)));
    });
    const number = digits(index, 7);
    const picture = (data: Uint16Array<ArrayBuffer>) => ({ data, width, height, channels: 1 as const });
    writeSmallPng(join(folder, 'depth', `depth${number}.png`), picture(range));
    writeSmallPng(join(folder, 'instances', `instance${number}.png`), picture(Uint16Array.from(instances)));
  });
  writeJpegFrames(join(folder, 'rgb', 'vignette%07d.jpg'), 0, { data: pictures, width, height, fps });
  const shown = chosen.map((frame) => instants[frame]);
  writeFileAtomic(join(folder, 'trajectory.csv'), trajectoryCsv(take.uid, shown, shown.map(devicePose), fps));
  const names = Object.fromEntries(take.plan.placements.map(({ category }, index) => [String(10 + index), category]));
  writeFileAtomic(join(folder, 'object_instances_to_classes.json'), JSON.stringify(names));
  return Promise.resolve();
}
