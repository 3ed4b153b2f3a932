import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { readAs } from '../../boundary.ts';
import { compose, type Pose, type Trajectory } from '../../geometry/pose.ts';
import { resamplePoses } from '../../geometry/resample.ts';
import { fromQuaternion, norm, subtract } from '../../geometry/rotation.ts';
import { checkAscending, nanoseconds, unitQuaternion } from '../../geometry/trajectory-files.ts';
import {
  csvRows,
  maxPoseGap,
  mpsRecording,
  nominalAria,
  readAriaCalibration,
  readMpsGaze,
  readMpsTrajectory,
} from '../aria.ts';
import type { Recording } from '../recording.ts';
import { type Adapter, type SourceOptions, firstFile, foldersIn, shared, videoIfThere } from './adapter.ts';

/** Of a pose in both files, metres. */
const samePlace = 1e-3;

/** Participants whom EgoM2P's release trains on neither: for validation, and HOT3D's own test. Sequences are `<participant>_<recording>`. */
const validation = ['P0001', 'P0014'];
const test = ['P0004', 'P0005', 'P0006', 'P0008', 'P0016', 'P0020'];

function splitOf(name: string): 'train' | 'val' | 'test' {
  const [participant] = name.split('_');
  return validation.includes(participant) ? 'val' : test.includes(participant) ? 'test' : 'train';
}

/**
 * HOT3D: `<sequence>/{metadata.json,headset_trajectory.csv}`; Aria: `mps/eye_gaze/{personalized,general}_eye_gaze.csv`,
 * `mps/slam/{closed_loop_trajectory.csv,online_calibration.jsonl}`; Quest: `camera_models.json`. VRS isn't read: the RGB (Quest:
 * grey) stream is exported once, upright, 30 frames a second, as `214-1.mp4` (Quest `1201-1.mp4`). RGB, pseudo-depth, gaze (Aria), camera.
 */
const hot3d = (headset: 'Aria' | 'Quest'): Adapter =>
  async function* (options) {
    for (const name of foldersIn(options.root)) {
      if (options.split && options.split !== splitOf(name)) continue;
      const folder = join(options.root, name);
      const metadata = join(folder, 'metadata.json');
      if (!existsSync(join(folder, 'headset_trajectory.csv')) || !existsSync(metadata)) continue;
      if (!readAs(z.object({ headset: z.string() }), metadata).headset.startsWith(headset)) continue;
      const video = join(folder, headset === 'Aria' ? '214-1.mp4' : '1201-1.mp4');
      const rgb = await videoIfThere(video, name, options.log);
      const trajectory = readHeadset(join(folder, 'headset_trajectory.csv'));
      const recording =
        headset === 'Aria'
          ? ariaRecording(name, folder, trajectory, options)
          : questRecording(name, folder, trajectory);
      yield { ...recording, duration: shared(recording.duration, rgb?.duration), ...(rgb && { rgb }) };
    }
  };

export const hot3dAria = hot3d('Aria');
export const hot3dQuest = hot3d('Quest');

/**
 * `headset_trajectory.csv`: T_world_device, wxyz, nanoseconds of TIMECODE; a row for each RGB and for each SLAM frame, so rows
 * come in pairs some 91 microseconds apart.
 */
export function readHeadset(file: string): Trajectory {
  const columns = ['timestamp[ns]', 't_wo_x[m]', 't_wo_y[m]', 't_wo_z[m]', 'q_wo_w', 'q_wo_x', 'q_wo_y', 'q_wo_z'];
  const timestamps: number[] = [];
  const poses: Pose[] = [];
  for (const { where, text, number } of csvRows(file, columns)) {
    number(columns[0]);
    const time = nanoseconds(text(columns[0])!);
    checkAscending(time, timestamps.at(-1), `${where} (timestamp[ns])`);
    const [tx, ty, tz, w, x, y, z] = columns.slice(1).map(number);
    timestamps.push(time);
    poses.push({ rotation: unitQuaternion({ x, y, z, w }, `${where} (q_wo_*)`), translation: [tx, ty, tz] });
  }
  if (poses.length === 0) throw new UserError({ what: 'the file holds no poses', where: file });
  return { timestamps, poses };
}

function ariaRecording(sequence: string, folder: string, trajectory: Trajectory, { log }: SourceOptions): Recording {
  const calibrationFile = join(folder, 'mps', 'slam', 'online_calibration.jsonl');
  const calibration = existsSync(calibrationFile) ? readAriaCalibration(calibrationFile) : nominalAria;
  if (calibration === nominalAria) log.add(`${sequence} (calibration)`, 'no online_calibration.jsonl: nominal lens');
  const gazeFile = firstFile(
    ...['personalized', 'general'].map((kind) => join(folder, 'mps', 'eye_gaze', `${kind}_eye_gaze.csv`)),
  );
  const offset = deviceClockOffset(join(folder, 'mps', 'slam', 'closed_loop_trajectory.csv'), trajectory);
  if (!gazeFile || offset === undefined)
    log.add(`${sequence} (gaze)`, 'no MPS gaze, or no MPS trajectory that ties its clock');
  const gaze =
    gazeFile && offset !== undefined
      ? readMpsGaze(gazeFile).map((row) => ({ ...row, time: row.time - offset }))
      : undefined;
  return mpsRecording({ sequence, trajectory, calibration, ...(gaze && { gaze }) });
}

/**
 * MPS is on the device's clock, the headset file on TIMECODE; they differ by a constant. Both hold the same poses, so the
 * instant of the headset's first place in the MPS trajectory tells it.
 * @returns device time - TIMECODE in seconds; undefined without an MPS trajectory or when it is of another recording
 */
export function deviceClockOffset(file: string, { timestamps, poses }: Trajectory): number | undefined {
  if (!existsSync(file)) return undefined;
  const mps = readMpsTrajectory(file, 0);
  const distances = mps.poses.map(({ translation }) => norm(subtract(translation, poses[0].translation)));
  const best = distances.reduce((index, distance, i) => (distance < distances[index] ? i : index), 0);
  return distances[best] <= samePlace ? mps.timestamps[best] - timestamps[0] : undefined;
}

const questSchema = z
  .array(
    z.object({
      label: z.string(),
      imageHeight: z.number(),
      T_Device_Camera: z.object({
        quaternion_wxyz: z.tuple([z.number(), z.number(), z.number(), z.number()]),
        translation_xyz: z.tuple([z.number(), z.number(), z.number()]),
      }),
    }),
  )
  .min(1);

/** Cameras of less height are small copies. */
const leastQuestHeight = 640;

function questRecording(sequence: string, folder: string, trajectory: Trajectory): Recording {
  const file = join(folder, 'camera_models.json');
  const camera = readAs(questSchema, file).find(({ imageHeight }) => imageHeight >= leastQuestHeight);
  if (!camera) throw new UserError({ what: `there is no camera of at least ${leastQuestHeight} rows`, where: file });
  const {
    quaternion_wxyz: [w, x, y, z],
    translation_xyz: translation,
  } = camera.T_Device_Camera;
  const deviceCamera: Pose = { rotation: fromQuaternion({ x, y, z, w }), translation };
  const { timestamps } = trajectory;
  return {
    sequence,
    duration: timestamps[timestamps.length - 1] - timestamps[0] + 1 / 30,
    poses: (times) =>
      resamplePoses(
        trajectory,
        times.map((time) => time + timestamps[0]),
        { maxGap: maxPoseGap },
      ).map((pose) => pose && compose(pose, deviceCamera)),
  };
}
