import { readTextLines, suggestion, UserError } from '@egolab/foundation';
import { z } from 'zod';
import { parseAs } from '../boundary.ts';
import { fixAxes } from '../geometry/axes.ts';
import { type CameraModel, fisheye624, pinhole } from '../geometry/camera-model.ts';
import {
  cpfGazePoint,
  cropCoordinates,
  defaultGazeDepth,
  type GazeRig,
  projectCpf,
  uprightPixel,
  vergenceGaze,
} from '../geometry/gaze.ts';
import { compose, fromMatrix, type Pose, type Trajectory } from '../geometry/pose.ts';
import { resamplePoints, resamplePoses, type TimedPoint } from '../geometry/resample.ts';
import { fromQuaternion, type Vector3 } from '../geometry/rotation.ts';
import { checkAscending, finiteNumber, unitQuaternion } from '../geometry/trajectory-files.ts';
import type { Recording } from './recording.ts';

/** Rows of a trajectory nearer than this to the one before are left out, seconds: MPS writes 1,000 a second. */
const defaultStep = 0.004;
/** Poses further apart than this aren't interpolated, seconds. */
export const maxPoseGap = 0.1;

/** Rows of a CSV file by column names: MPS reorders and adds columns from version to version. */
export function* csvRows(file: string, required: readonly string[]) {
  let names: string[] | undefined;
  let line = 0;
  for (const content of readTextLines(file)) {
    line++;
    if (!names) {
      names = content.split(',').map((name) => name.trim());
      requireColumns(names, required, file);
      continue;
    }
    if (content.trim() === '') continue;
    const cells = content.split(',');
    const where = `${file}:${line}`;
    const columns = names;
    if (cells.length !== columns.length)
      throw new UserError({
        what: `expected ${columns.length} columns, got ${cells.length}`,
        where,
        mend: 'the file may be cut: download it again',
      });
    const text = (name: string): string | undefined => cells[columns.indexOf(name)];
    yield { where, text, number: (name: string) => finiteNumber(text(name) ?? '', `${where} (${name})`) };
  }
}

function requireColumns(names: readonly string[], required: readonly string[], file: string): void {
  const missing = required.find((name) => !names.includes(name));
  if (missing === undefined) return;
  throw new UserError({ what: `the column ${missing} is missing (${suggestion(missing, names)})`, where: file });
}

/**
 * Project Aria MPS closed-loop trajectory (also ADT's `aria_trajectory.csv`): T_world_device, xyzw, microseconds.
 * @param leastStep seconds between rows that are kept
 * @throws UserError naming line and column
 */
export function readMpsTrajectory(file: string, leastStep: number = defaultStep): Trajectory {
  const names = ['tracking_timestamp_us', 'tx', 'ty', 'tz', 'qx', 'qy', 'qz', 'qw'];
  const columns = names.map((name, i) => (i === 0 ? name : `${name}_world_device`));
  const timestamps: number[] = [];
  const poses: Pose[] = [];
  let latest: number | undefined;
  for (const { where, number } of csvRows(file, columns)) {
    const time = number(columns[0]) / 1e6;
    checkAscending(time, latest, `${where} (${columns[0]})`);
    latest = time;
    if (timestamps.length > 0 && time - timestamps[timestamps.length - 1] < leastStep) continue;
    const [tx, ty, tz, x, y, z, w] = columns.slice(1).map(number);
    timestamps.push(time);
    poses.push({ rotation: unitQuaternion({ x, y, z, w }, `${where} (qx qy qz qw)`), translation: [tx, ty, tz] });
  }
  if (poses.length === 0) throw new UserError({ what: 'the file holds no poses', where: file });
  return { timestamps, poses };
}

/** A gaze point in the central pupil frame; undefined while the eyes aren't tracked. */
export interface MpsGaze {
  /** seconds */
  readonly time: number;
  readonly point: Vector3 | undefined;
}

/**
 * MPS eye gaze of any version: one combined yaw, or one for each eye (then depth and yaw by vergence). An empty depth is 1 m,
 * depth 0 means lost.
 */
export function readMpsGaze(file: string): MpsGaze[] {
  const rows: MpsGaze[] = [];
  for (const { where, text, number } of csvRows(file, ['tracking_timestamp_us'])) {
    const time = number('tracking_timestamp_us') / 1e6;
    checkAscending(time, rows.at(-1)?.time, `${where} (tracking_timestamp_us)`);
    const pitch = text('pitch_rads_cpf') === undefined ? number('left_pitch_rads_cpf') : number('pitch_rads_cpf');
    if (text('yaw_rads_cpf') !== undefined) {
      const depth = text('depth_m') ? number('depth_m') : defaultGazeDepth;
      rows.push({ time, point: depth > 0 ? cpfGazePoint(number('yaw_rads_cpf'), pitch, depth) : undefined });
    } else {
      const [left, right] = [number('left_yaw_rads_cpf'), number('right_yaw_rads_cpf')];
      rows.push({ time, point: vergenceGaze(left, right, pitch)?.point ?? cpfGazePoint((left + right) / 2, pitch) });
    }
  }
  return rows;
}

/** The RGB camera of a pair of glasses: where it is and how it images; the image as the sensor gives it, not upright. */
export interface AriaCalibration extends GazeRig {
  readonly model: CameraModel;
}

const vector = z.tuple([z.number(), z.number(), z.number()]);
const transformSchema = z
  .object({ Translation: vector, UnitQuaternion: z.tuple([z.number(), vector]) })
  .transform(({ Translation, UnitQuaternion: [w, [x, y, z]] }): Pose => ({
    rotation: fromQuaternion({ x, y, z, w }),
    translation: Translation,
  }));
const calibrationSchema = z.object({
  CameraCalibrations: z.array(
    z.object({
      Label: z.string(),
      T_Device_Camera: transformSchema,
      Projection: z.object({ Name: z.string(), Params: z.array(z.number()) }),
    }),
  ),
});

/** Side of the RGB image as it is recorded; calibrations are of the sensor of 2880 pixels, which is cropped and halved. */
const recordedSide = 1408;
const [sensorMargin, sensorFocal] = [32, 900];

/** Gen-1 glasses' CAD pose of the central pupil frame: T_device_cpf. */
const cadCpf = fromMatrix([
  -0.0318601373, -0.9986295321, -0.0415209507, 0.004993020021, 0.7933534011, 0, -0.6087613498, -0.05146009007,
  0.607927062, -0.05233600762, 0.7922661356, -0.0499498807,
]);

/** What is used without a calibration: the CAD pose of the RGB camera, and the lens of one pair of glasses. */
export const nominalAria: AriaCalibration = {
  camera: fromMatrix([
    0.9955057082, -0.03186013725, 0.08918136933, -0.004541222212, 0.07945917328, 0.7933534011, -0.6035533288,
    -0.01261083173, -0.05152305076, 0.607927062, 0.7923194195, -0.005330964713,
  ]),
  cpf: cadCpf,
  model: fisheye624(
    [
      610.9410078676575, 715.1148341104505, 716.7147122529825, 0.4060356696288849, -0.489948419647729,
      0.1745652818132035, 1.132983686620576, -1.701635218233742, 0.6511555293441647, 0.0006211469747214578,
      1.932200015697112e-5, -1.485525650871087e-5, 0.0002601225712292815, -0.0006582109778598294, 3.761395141407565e-5,
    ],
    recordedSide,
    recordedSide,
  ),
};

/**
 * The RGB camera in the first line of MPS's `online_calibration.jsonl`; FisheyeRadTanThinPrism (FISHEYE624) or Linear (fx, fy, cu, cv).
 * @throws UserError for a file without the camera, or with another projection
 */
export function readAriaCalibration(file: string): AriaCalibration {
  const [line] = readTextLines(file);
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch {
    throw new UserError({ what: 'the first line is not JSON', where: `${file}:1`, mend: 'download the file again' });
  }
  const { CameraCalibrations } = parseAs(calibrationSchema, content, file);
  const camera = CameraCalibrations.find(({ Label }) => Label === 'camera-rgb');
  if (!camera) throw new UserError({ what: 'there is no camera "camera-rgb"', where: `${file}:1` });
  const { Name, Params } = camera.Projection;
  return { camera: camera.T_Device_Camera, cpf: cadCpf, model: modelOf(Name, Params, file) };
}

function modelOf(name: string, params: readonly number[], file: string): CameraModel {
  if (name === 'Linear' && params.length === 4) {
    const [fx, fy, cx, cy] = params;
    return pinhole({ fx, fy, cx, cy }, imageSide(cx), imageSide(cy));
  }
  if (name === 'FisheyeRadTanThinPrism' && params.length === 15) {
    const recorded = recordedParams(params);
    return fisheye624(recorded, imageSide(recorded[1]), imageSide(recorded[2]));
  }
  throw new UserError({
    what: `expected FisheyeRadTanThinPrism with 15 or Linear with 4 parameters, got ${name} with ${params.length}`,
    where: `${file}:1 (camera-rgb)`,
  });
}

/** Calibrations don't tell the image's size: Aria's is known, any other camera's principal point is taken for its middle. */
function imageSide(centre: number): number {
  const side = Math.round(2 * centre + 1);
  return Math.abs(side - recordedSide) < 0.05 * recordedSide ? recordedSide : side;
}

/** Parameters of the 2880-pixel sensor for its recorded image: 32 pixels cut at each side, then half the size. */
function recordedParams(params: readonly number[]): number[] {
  const [focal, cu, cv, ...distortion] = params;
  if (focal < sensorFocal) return [...params];
  const centre = (value: number) => (value - sensorMargin + 0.5) / 2 - 0.5;
  return [focal / 2, centre(cu), centre(cv), ...distortion];
}

/** Files of one Aria recording; times of all are on the device's clock. */
export interface MpsFiles {
  readonly sequence: string;
  readonly trajectory: Trajectory;
  readonly gaze?: readonly MpsGaze[];
  readonly calibration?: AriaCalibration;
  /** when frame 0 was taken, seconds; default the trajectory's first time */
  readonly origin?: number;
}

/** Camera and gaze of an Aria recording, of the upright picture. */
export function mpsRecording({ sequence, trajectory, gaze, calibration = nominalAria, origin }: MpsFiles): Recording {
  const { timestamps } = trajectory;
  const zero = origin ?? timestamps[0];
  const onClock = (times: readonly number[]) => times.map((time) => time + zero);
  const toCamera = (pose: Pose) => fixAxes(compose(pose, calibration.camera), 'ariaUpright');
  const points = gaze?.map(({ time, point }): TimedPoint => ({ time, point: point && pictureOf(point, calibration) }));
  return {
    sequence,
    duration: timestamps[timestamps.length - 1] - zero + 1 / 30,
    poses: (times) =>
      resamplePoses(trajectory, onClock(times), { maxGap: maxPoseGap }).map((pose) => pose && toCamera(pose)),
    ...(points && { gaze: (times) => resamplePoints(points, onClock(times), { maxGap: 1.5 * medianStep(points) }) }),
  };
}

function pictureOf(point: Vector3, calibration: AriaCalibration): readonly [number, number] | undefined {
  const pixel = projectCpf(point, calibration, calibration.model);
  const { width, height } = calibration.model; // of the sensor: upright, they change places
  const crop = Math.min(width, height);
  return pixel && cropCoordinates(uprightPixel(pixel, height), { width: height, height: width, crop });
}

/** Gaze comes at 10 Hz or at the camera's rate; a step of more than 1.5 of its usual ones is a lost sample. */
function medianStep(points: readonly TimedPoint[]): number {
  const steps = points.slice(1).map(({ time }, i) => time - points[i].time);
  steps.sort((a, b) => a - b);
  return steps.length === 0 ? 0 : steps[steps.length >> 1];
}
