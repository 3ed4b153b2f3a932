import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside, UserError } from '@egolab/foundation';
import { fixAxes } from '../../geometry/axes.ts';
import { pinhole } from '../../geometry/camera-model.ts';
import { cropCoordinates } from '../../geometry/gaze.ts';
import { fromMatrix, inverse, type Pose, type Trajectory, transform } from '../../geometry/pose.ts';
import { resamplePoints, resamplePoses, type TimedPoint } from '../../geometry/resample.ts';
import { add, norm, scale, type Vector3 } from '../../geometry/rotation.ts';
import {
  checkAscending,
  checkedRotation,
  dataLines,
  finiteNumber,
  numbersOf,
} from '../../geometry/trajectory-files.ts';
import { type Adapter, firstFile, foldersIn, listedNames, shared, videoIfThere } from './adapter.ts';

/** Side of the middle square that the release cuts from frames of 896x504. */
const crop = 480;
/** Distance at which the gaze ray is taken to end, metres (the release's). */
const gazeDistance = 0.5;
const maxGap = 0.1;

const poseNames = [
  'seconds',
  'ticks',
  ...Array.from({ length: 16 }, (_, i) => `m${Math.floor(i / 4) + 1}${(i % 4) + 1}`),
];

/**
 * HoloAssist: `<video>/Export_py/Video_pitchshift.mp4` (or `Video_compress.mp4`), `Video/{Pose_sync,Intrinsics}.txt`,
 * `Eyes/Eyes_sync.txt`, all a row a frame; splits in `data_split/<split>-v1_2.txt`. RGB, pseudo-depth, gaze, camera.
 */
export const holoassist: Adapter = async function* ({ root, split, log }) {
  for (const name of namesOf(root, split)) {
    const folder = join(resolveInside(root, name, root), 'Export_py');
    const poseFile = join(folder, 'Video', 'Pose_sync.txt');
    if (!existsSync(poseFile)) {
      log.add(name, 'no Export_py/Video/Pose_sync.txt');
      continue;
    }
    const trajectory = readPoseSync(poseFile);
    const origin = trajectory.timestamps[0];
    const onClock = (times: readonly number[]) => times.map((time) => time + origin);
    const [eyes, intrinsics] = [join(folder, 'Eyes', 'Eyes_sync.txt'), join(folder, 'Video', 'Intrinsics.txt')];
    const points = existsSync(eyes) && existsSync(intrinsics) ? gazePoints(eyes, intrinsics, trajectory) : undefined;
    if (!points) log.add(`${name} (gaze)`, 'no Eyes_sync.txt or Intrinsics.txt');
    const video = firstFile(join(folder, 'Video_pitchshift.mp4'), join(folder, 'Video_compress.mp4'));
    const rgb = await videoIfThere(video, name, log, crop);
    yield {
      sequence: name,
      duration: shared(trajectory.timestamps[trajectory.timestamps.length - 1] - origin + 1 / 30, rgb?.duration),
      ...(rgb && { rgb }),
      poses: (times) => resamplePoses(trajectory, onClock(times), { maxGap }),
      ...(points && { gaze: (times) => resamplePoints(points, onClock(times), { maxGap }) }),
    };
  }
};

function namesOf(root: string, split: string | undefined): string[] {
  const list =
    split &&
    firstFile(...['data_split', 'data-splits-v1_2', '.'].map((folder) => join(root, folder, `${split}-v1_2.txt`)));
  return list ? listedNames(list) : foldersIn(root).filter((name) => existsSync(join(root, name, 'Export_py')));
}

/** Camera-to-world, turned to OpenCV axes. @throws UserError naming line and field */
export function readPoseSync(file: string): Trajectory {
  const timestamps: number[] = [];
  const poses = dataLines(file).map((row): Pose => {
    const [time, , ...matrix] = numbersOf(row, poseNames, file, 'HoloAssist Pose_sync');
    checkAscending(time, timestamps.at(-1), `${file}:${row.line} (seconds)`);
    timestamps.push(time);
    const pose = fromMatrix(matrix);
    checkedRotation(pose.rotation, `${file}:${row.line}`);
    return fixAxes(pose, 'hololens');
  });
  if (poses.length === 0) throw new UserError({ what: 'the file holds no poses', where: file });
  return { timestamps, poses };
}

/** Points half a metre along the gaze rays, in the world, through the pose of the moment into the cropped picture. */
function gazePoints(eyes: string, intrinsicsFile: string, trajectory: Trajectory): TimedPoint[] {
  const { model, size } = readIntrinsics(intrinsicsFile);
  return dataLines(eyes).map(({ line, fields }) => {
    const where = `${eyes}:${line}`;
    if (fields.length < 8)
      throw new UserError({
        what: `expected time, ticks, origin and direction (8 numbers), got ${fields.length}`,
        where,
      });
    const time = finiteNumber(fields[0], `${where} (time)`);
    const [ox, oy, oz, dx, dy, dz] = fields.slice(2, 8).map(Number);
    const direction: Vector3 = [dx, dy, dz];
    const length = norm(direction);
    const [pose] = resamplePoses(trajectory, [time], { maxGap });
    if (!pose || !(length > 0) || !Number.isFinite(ox + oy + oz)) return { time, point: undefined };
    const target = add([ox, oy, oz], scale(direction, gazeDistance / length));
    const pixel = model.project(transform(inverse(pose), target));
    return { time, point: pixel && cropCoordinates(pixel, { ...size, crop }) };
  });
}

/** `Intrinsics.txt`: a row-major 3x3 matrix, further numbers, width and height at the end. */
function readIntrinsics(file: string) {
  const [row] = dataLines(file);
  if (!row || row.fields.length < 11)
    throw new UserError({
      what: `expected a 3x3 matrix, width and height, got ${row?.fields.length ?? 0} numbers`,
      where: file,
    });
  const numbers = row.fields.map((field, i) => finiteNumber(field, `${file}:${row.line} (number ${i + 1})`));
  const [fx, , cx, , fy, cy] = numbers;
  const [width, height] = numbers.slice(-2);
  return { model: pinhole({ fx, fy, cx, cy }, width, height), size: { width, height } };
}
