import { existsSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { z } from 'zod';
import { readNpy, readNpz, UserError } from '@egolab/foundation';
import { readAs } from '../../boundary.ts';
import { fixAxes } from '../../geometry/axes.ts';
import { fromMatrix, inverse, type Pose } from '../../geometry/pose.ts';
import { frameTimes, resamplePoses } from '../../geometry/resample.ts';
import { checkedRotation, dataLines, numbersOf } from '../../geometry/trajectory-files.ts';
import { depthImages, imageFiles, imageFrames } from '../frames.ts';
import {
  type Adapter,
  checkCounts,
  findFolders,
  firstFile,
  foldersIn,
  listedNames,
  shared,
  videoIfThere,
} from './adapter.ts';

const fps = 30;
const maxGap = 0.1;

/** Poses that come a frame each, at 30 fps. */
export function posesOfFrames(poses: readonly Pose[], rate = fps) {
  const trajectory = { timestamps: frameTimes(0, poses.length, rate), poses };
  return (times: readonly number[]) => resamplePoses(trajectory, times, { maxGap: Math.max(maxGap, 1.5 / rate) });
}

/**
 * Poses in an array `[frames, 4, 4]`.
 * @throws UserError for another shape, NaN, or a matrix that isn't a rotation
 */
export function posesOfArray(
  { shape, data }: { shape: readonly number[]; data: ArrayLike<number | bigint> },
  where: string,
): Pose[] {
  if (shape.length !== 3 || shape[1] !== 4 || shape[2] !== 4)
    throw new UserError({ what: `expected [frames, 4, 4], got [${shape}]`, where });
  return Array.from({ length: shape[0] }, (_, i) => {
    const pose = fromMatrix(Array.from({ length: 16 }, (_x, k) => Number(data[i * 16 + k])));
    const place = `${where} (frame ${i})`;
    if (![...pose.rotation, ...pose.translation].every(Number.isFinite))
      throw new UserError({ what: 'expected finite numbers', where: place });
    checkedRotation(pose.rotation, place);
    return pose;
  });
}

const poseNames = Array.from({ length: 16 }, (_, i) => `m${Math.floor(i / 4) + 1}${(i % 4) + 1}`);

/**
 * H2O: `subject*_ego/<room>/<take>/cam4/{rgb,depth}/NNNNNN.{png,jpg}`, `cam4/cam_pose/NNNNNN.txt` (16 numbers, camera-to-world).
 * Subject 4 is the test set, the room o2 of subject 3 validation unless `label_split/pose_<split>.txt` lists sequences. RGB, depth
 * of an Azure Kinect (cleaned), camera.
 */
export const h2o: Adapter = async function* ({ root, split, log }) {
  const listFile = split && join(root, 'label_split', `pose_${split}.txt`);
  const listed = listFile && existsSync(listFile) ? listedNames(listFile) : undefined;
  for (const folder of findFolders(root, 'cam4', 4)) {
    const inSplit = listed ? listed.some((line) => sameSequence(line, folder)) : !split || h2oSplit(folder) === split;
    if (!inSplit) continue;
    const camera = join(root, folder, 'cam4');
    const poseFiles = imageFiles(join(camera, 'cam_pose'), '.txt');
    const rgbFiles = imageFiles(join(camera, 'rgb'), '.png', '.jpg');
    const depthFiles = imageFiles(join(camera, 'depth'), '.png');
    if (rgbFiles.length === 0 && poseFiles.length === 0) {
      log.add(folder, 'neither cam4/rgb nor cam4/cam_pose holds files');
      continue;
    }
    const streams = { frames: rgbFiles, poses: poseFiles, 'depth maps': depthFiles };
    Object.values(streams).forEach(checkNoHole);
    const counts = Object.entries(streams)
      .filter(([, files]) => files.length > 0)
      .map(([name, files]) => ({ name, count: files.length }));
    counts.slice(1).forEach((count) => checkCounts(counts[0], count, camera));
    const poses = poseFiles.map(readH2oPose);
    yield {
      sequence: folder,
      duration: Math.min(...counts.map(({ count }) => count)) / fps,
      ...(rgbFiles.length > 0 && { rgb: imageFrames(rgbFiles, fps) }),
      ...(depthFiles.length > 0 && { depth: depthImages(depthFiles, fps, true) }),
      ...(poses.length > 0 && { poses: posesOfFrames(poses) }),
    };
  }
};

/**
 * Files that are called after their frames, in order.
 * @throws UserError where one lacks: all that follow would be taken for the frame before
 */
function checkNoHole(files: readonly string[]): void {
  const frames = files.map((file) => Number(parse(file).name));
  const after = frames.findIndex((frame, i) => i > 0 && frame > frames[i - 1] + 1);
  if (after < 0) return;
  throw new UserError({
    what: `frame ${frames[after - 1] + 1} is missing: ${basename(files[after - 1])} is followed by ${basename(files[after])}`,
    where: dirname(files[after]),
    mend: 'download the sequence again',
  });
}

function readH2oPose(file: string): Pose {
  const numbers = dataLines(file).flatMap((row) => row.fields);
  const pose = fromMatrix(numbersOf({ line: 1, fields: numbers }, poseNames, file, 'H2O cam_pose'));
  checkedRotation(pose.rotation, file);
  return pose;
}

/** Lists name frames: `subject1/h1/0/cam4/rgb/000010.png`; folders may be called `subject1_ego`. */
const sameSequence = (line: string, folder: string) =>
  line.replaceAll('_ego', '').startsWith(`${folder.replaceAll('_ego', '')}/`);

function h2oSplit(folder: string): string {
  if (/subject4/.test(folder)) return 'test';
  return /subject3/.test(folder) && /\/o2\//.test(`${folder}/`) ? 'val' : 'train';
}

/**
 * TACO: `Egocentric_RGB_Videos/<triplet>/<sequence>/color.mp4`, `Egocentric_Camera_Parameters/<triplet>/<sequence>/
 * egocentric_frame_extrinsic.npy` `[frames, 4, 4]`, world-to-camera. RGB, pseudo-depth, camera.
 */
export const taco: Adapter = async function* ({ root, log }) {
  const parameters = join(root, 'Egocentric_Camera_Parameters');
  for (const sequence of findFolders(parameters, 'egocentric_frame_extrinsic.npy', 3)) {
    const file = join(parameters, sequence, 'egocentric_frame_extrinsic.npy');
    const poses = posesOfArray(readNpy(file), file).map(inverse);
    const rgb = await videoIfThere(join(root, 'Egocentric_RGB_Videos', sequence, 'color.mp4'), sequence, log);
    if (rgb)
      checkCounts(
        { name: 'poses', count: poses.length },
        { name: 'frames', count: Math.round(rgb.duration * fps) },
        file,
      );
    yield {
      sequence,
      duration: shared(poses.length / fps, rgb?.duration),
      ...(rgb && { rgb }),
      poses: posesOfFrames(poses),
    };
  }
};

/**
 * ARCTIC: `images/<subject>/<sequence>/0/NNNNN.jpg` (view 0 is the wearer's), `raw_seqs/<subject>/<sequence>.egocam.dist.npy`, and
 * `meta/misc.json`: image k shows pose k - ioi_offset. The pose file is a pickle, which runs code when it is opened: it is
 * converted once to `.npz` with `R_k_cam_np` `[frames, 3, 3]` and `T_k_cam_np` `[frames, 3, 1]`, world-to-camera. Subject s05 is
 * validation, s03 test (protocol p2). RGB, pseudo-depth, camera.
 */
export const arctic: Adapter = async function* ({ root, split, log }) {
  const misc = readAs(
    z.record(z.string(), z.object({ ioi_offset: z.number().int() })),
    join(root, 'meta', 'misc.json'),
  );
  for (const subject of foldersIn(join(root, 'raw_seqs'))) {
    const part = { s05: 'val', s03: 'test' }[subject] ?? 'train';
    if (split && part !== split) continue;
    const files = imageFiles(join(root, 'raw_seqs', subject), '.egocam.dist.npy', '.egocam.dist.npz');
    for (const name of new Set(files.map((file) => file.replace(/^.*\/|\.egocam\.dist\.np[yz]$/g, '')))) {
      const sequence = `${subject}/${name}`;
      const file = join(root, 'raw_seqs', subject, `${name}.egocam.dist.npz`);
      const offset = misc[subject]?.ioi_offset;
      if (!existsSync(file) || offset === undefined) {
        log.add(sequence, offset === undefined ? 'meta/misc.json lacks the subject' : arcticConversion);
        continue;
      }
      const poses = arcticPoses(file);
      const numbered = imageFiles(
        firstFile(join(root, 'images', sequence, '0'), join(root, 'cropped_images', sequence, '0')) ?? '',
        '.jpg',
      );
      const images = numbered.filter((image) => Number(/(\d+)\.jpg$/i.exec(image)?.[1]) >= offset);
      if (images.length === 0) log.add(`${sequence} (rgb)`, 'no images of view 0');
      const rgb = images.length > 0 ? imageFrames(images, fps) : undefined;
      yield {
        sequence,
        duration: shared(poses.length / fps, rgb?.duration),
        ...(rgb && { rgb }),
        poses: posesOfFrames(poses),
      };
    }
  }
};

const arcticConversion =
  "the poses are a pickle: convert once, python -c \"import numpy as n,sys;d=n.load(sys.argv[1],allow_pickle=True).item();n.savez(sys.argv[1][:-1]+'z',R_k_cam_np=n.array(d['R_k_cam_np']),T_k_cam_np=n.array(d['T_k_cam_np']))\" FILE.egocam.dist.npy";

function arcticPoses(file: string): Pose[] {
  const [r, t] = [readNpz(file, 'R_k_cam_np'), readNpz(file, 'T_k_cam_np')];
  const [frames] = r.shape;
  if (r.data.length !== frames * 9 || t.data.length !== frames * 3)
    throw new UserError({ what: 'expected R_k_cam_np [frames, 3, 3] and T_k_cam_np [frames, 3, 1]', where: file });
  const data = Array.from({ length: frames * 16 }, (_, i) => {
    const [frame, row, column] = [Math.floor(i / 16), Math.floor(i / 4) % 4, i % 4];
    if (row === 3) return column === 3 ? 1 : 0;
    return Number(column === 3 ? t.data[frame * 3 + row] : r.data[frame * 9 + row * 3 + column]);
  });
  return posesOfArray({ shape: [frames, 4, 4], data }, file).map(inverse);
}

/**
 * EgoGen, and the synthetic world in its place, in the release's per-modality folders: `rgb/<name>.mp4`, `depth/<name>/NNNNN.png` (16-bit
 * millimetres, exact), `cam/<name>.npz` (`arr_0` `[frames, 4, 4]`, camera-to-world, OpenGL axes). RGB, depth, camera.
 */
export const egogen: Adapter = async function* ({ root, log }) {
  for (const file of imageFiles(join(root, 'cam'), '.npz')) {
    const sequence = file.replace(/^.*\/|\.npz$/g, '');
    const poses = posesOfArray(readNpz(file, 'arr_0'), file).map((pose) => fixAxes(pose, 'opengl'));
    const rgb = await videoIfThere(join(root, 'rgb', `${sequence}.mp4`), sequence, log);
    const depthFiles = imageFiles(join(root, 'depth', sequence), '.png');
    if (depthFiles.length > 0)
      checkCounts({ name: 'poses', count: poses.length }, { name: 'depth maps', count: depthFiles.length }, file);
    else log.add(`${sequence} (depth)`, 'no depth maps');
    const depth = depthFiles.length > 0 ? depthImages(depthFiles, fps, false) : undefined;
    yield {
      sequence,
      duration: shared(poses.length / fps, rgb?.duration, depth?.duration),
      ...(rgb && { rgb }),
      ...(depth && { depth }),
      poses: posesOfFrames(poses),
    };
  }
};
