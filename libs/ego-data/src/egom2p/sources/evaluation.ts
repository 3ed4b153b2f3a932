import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { fromMatrix, type Pose } from '../../geometry/pose.ts';
import { checkedRotation, dataLines, numbersOf } from '../../geometry/trajectory-files.ts';
import { mpsRecording, nominalAria, readAriaCalibration, readMpsGaze, readMpsTrajectory } from '../aria.ts';
import { depthImages, imageFiles, imageFrames } from '../frames.ts';
import { type Adapter, checkCounts, findFolders, firstFile, foldersIn, shared, videoIfThere } from './adapter.ts';
import { posesOfFrames } from './hands.ts';

/**
 * Aria Digital Twin: `<sequence>/{aria_trajectory.csv,eyegaze.csv}`, and exported from the VRS files once, upright, 30 frames a
 * second: `video.mp4`, `depth/NNNNN.png` (16-bit millimetres). A calibration in `online_calibration.jsonl`, if there is one. Camera
 * tracking on an unseen data set (table 2).
 */
export const adt: Adapter = async function* ({ root, log }) {
  for (const sequence of ['', ...foldersIn(root)]) {
    const folder = join(root, sequence);
    const trajectory = join(folder, 'aria_trajectory.csv');
    if (!existsSync(trajectory)) continue;
    const name = sequence || 'adt';
    const gaze = firstFile(join(folder, 'eyegaze.csv'), join(folder, 'general_eye_gaze.csv'));
    const calibration = firstFile(join(folder, 'online_calibration.jsonl'));
    if (!calibration) log.add(`${name} (calibration)`, 'no online_calibration.jsonl: nominal lens');
    const rgb = await videoIfThere(join(folder, 'video.mp4'), name, log);
    const depthFiles = imageFiles(join(folder, 'depth'), '.png');
    const depth = depthFiles.length > 0 ? depthImages(depthFiles, 30, false) : undefined;
    const recording = mpsRecording({
      sequence: name,
      trajectory: readMpsTrajectory(trajectory),
      calibration: calibration ? readAriaCalibration(calibration) : nominalAria,
      ...(gaze && { gaze: readMpsGaze(gaze) }),
    });
    const duration = shared(recording.duration, rgb?.duration, depth?.duration);
    yield { ...recording, duration, ...(rgb && { rgb }), ...(depth && { depth }) };
  }
};

const hoi4dFps = 15;

/**
 * HOI4D: `ZY*\/H*\/C*\/N*\/S*\/s*\/T*\/` with `align_rgb/image.mp4`, `align_depth/NNNNN.png` (the official decoder's 16-bit millimetres,
 * cleaned), and `3Dseg/output.log` (Open3D: a line of ids, then four of a camera-to-world matrix, per frame). Depth on an unseen data set (table 3).
 */
export const hoi4d: Adapter = async function* ({ root, log }) {
  for (const sequence of findFolders(root, 'align_rgb', 8)) {
    const folder = join(root, sequence);
    const rgb = await videoIfThere(join(folder, 'align_rgb', 'image.mp4'), sequence, log);
    const depthFiles = imageFiles(join(folder, 'align_depth'), '.png');
    if (depthFiles.length === 0) log.add(`${sequence} (depth)`, 'no align_depth/*.png: run the data set’s decode.py');
    const depth = depthFiles.length > 0 ? depthImages(depthFiles, hoi4dFps, true) : undefined;
    const log3d = join(folder, '3Dseg', 'output.log');
    const poses = existsSync(log3d) ? readOpen3dLog(log3d) : undefined;
    if (rgb && depth)
      checkCounts(
        { name: 'frames', count: Math.round(rgb.duration * hoi4dFps) },
        { name: 'depth maps', count: depthFiles.length },
        folder,
      );
    yield {
      sequence,
      duration: shared(rgb?.duration, depth?.duration, poses && poses.length / hoi4dFps),
      ...(rgb && { rgb }),
      ...(depth && { depth }),
      ...(poses && { poses: posesOfFrames(poses, hoi4dFps) }),
    };
  }
};

/** Open3D's `.log` trajectory. @throws UserError naming the line */
export function readOpen3dLog(file: string): Pose[] {
  const lines = dataLines(file);
  if (lines.length % 5 !== 0)
    throw new UserError({
      what: `expected five lines a pose, got ${lines.length}`,
      where: file,
      mend: 'the file may be cut',
    });
  return Array.from({ length: lines.length / 5 }, (_, i) => {
    const rows = lines.slice(i * 5 + 1, i * 5 + 5);
    const pose = fromMatrix(rows.flatMap((row) => numbersOf(row, ['1', '2', '3', '4'], file, 'Open3D log')));
    checkedRotation(pose.rotation, `${file}:${lines[i * 5].line}`);
    return pose;
  });
}

const aseFps = 10;

/**
 * Aria Synthetic Environments: `<scene>/rgb/vignette*.jpg`, `<scene>/depth/depth*.png` (16-bit millimetres along the ray, not z, exact), ten
 * frames a second. Depth to RGB on an unseen data set (table 4); its camera calibration isn't in the scene folders, so poses aren't read.
 */
export const ase: Adapter = async function* ({ root, log }) {
  for (const sequence of findFolders(root, 'rgb', 2)) {
    const folder = join(root, sequence);
    const [images, maps] = [imageFiles(join(folder, 'rgb'), '.jpg', '.png'), imageFiles(join(folder, 'depth'), '.png')];
    if (images.length === 0) {
      log.add(sequence, 'no images');
      continue;
    }
    if (maps.length === 0) log.add(`${sequence} (depth)`, 'no depth maps');
    else checkCounts({ name: 'images', count: images.length }, { name: 'depth maps', count: maps.length }, folder);
    const [rgb, depth] = [imageFrames(images, aseFps), maps.length > 0 ? depthImages(maps, aseFps, false) : undefined];
    yield { sequence, duration: shared(rgb.duration, depth?.duration), rgb, ...(depth && { depth }) };
  }
};
