import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { CameraPose, Intrinsics } from '../render/camera.ts';
import type { Instant } from '../take/simulate.ts';
import { compose, scale, subtract, toQuaternion, transpose, unrotate, type Vector } from '../world/vector.ts';

/** Both clocks of a recording start here. */
const START_US = 1_000_000_000;
const UTC_START_NS = 1_700_000_000_000_000_000n;

const trajectoryColumns =
  'graph_uid,tracking_timestamp_us,utc_timestamp_ns,tx_world_device,ty_world_device,tz_world_device,qx_world_device,qy_world_device,qz_world_device,qw_world_device,' +
  'device_linear_velocity_x_device,device_linear_velocity_y_device,device_linear_velocity_z_device,angular_velocity_x_device,angular_velocity_y_device,angular_velocity_z_device,' +
  'gravity_x_world,gravity_y_world,gravity_z_world,quality_score,geo_available,tx_ecef_device,ty_ecef_device,tz_ecef_device,qx_ecef_device,qy_ecef_device,qz_ecef_device,qw_ecef_device';

const gazeColumns =
  'tracking_timestamp_us,yaw_rads_cpf,pitch_rads_cpf,yaw_low_rads_cpf,pitch_low_rads_cpf,yaw_high_rads_cpf,pitch_high_rads_cpf,depth_m,session_uid';

/** Microseconds on the recording's clock. */
export const timestamp = (seconds: number): number => START_US + Math.round(seconds * 1e6);
export const fixed = (values: readonly number[], digits: number) => values.map((value) => value.toFixed(digits));

/**
 * Project Aria MPS files of a take: `trajectory/closed_loop_trajectory.csv` and `eye_gaze/general_eye_gaze.csv`, a row a
 * frame. The device frame is the head camera's (OpenCV: x right, y down, z forward); the central pupil frame shares its
 * origin (x left, y up, z forward). While the gaze is lost there is no row.
 */
export function writeSensors(folder: string, uid: string, instants: readonly Instant[], fps: number): void {
  const poses = instants.map(({ head }) => head);
  writeFileAtomic(join(folder, 'trajectory', 'closed_loop_trajectory.csv'), trajectoryCsv(uid, instants, poses, fps));
  writeFileAtomic(join(folder, 'eye_gaze', 'general_eye_gaze.csv'), gazeCsv(uid, instants));
}

/** `closed_loop_trajectory.csv`, a row a frame. @param poses device to world */
export function trajectoryCsv(
  uid: string,
  instants: readonly Instant[],
  poses: readonly CameraPose[],
  fps: number,
): string {
  const rows = instants.map(({ time }, index) => {
    const [linear, angular] = velocities(poses, index, fps);
    const utc = UTC_START_NS + BigInt(Math.round(time * 1e9));
    const pose = [...fixed(poses[index].position, 6), ...fixed(toQuaternion(poses[index].rotation), 9)];
    return [
      uid,
      timestamp(time),
      utc,
      ...pose,
      ...fixed([...linear, ...angular], 6),
      ...fixed([0, 0, -9.81], 6),
      '1.0',
      0,
      ...fixed([0, 0, 0], 6),
      ...fixed([0, 0, 0, 1], 9),
    ].join(',');
  });
  return [trajectoryColumns, ...rows, ''].join('\n');
}

/** `general_eye_gaze.csv` of one yaw, a row a frame in which the gaze isn't lost. */
export function gazeCsv(uid: string, instants: readonly Instant[]): string {
  const rows = instants
    .filter(({ gaze: { valid } }) => valid)
    .map(({ time, gaze: { yaw, pitch, depth } }) => {
      const spread = 0.02;
      return [
        timestamp(time),
        ...fixed([yaw, pitch, yaw - spread, pitch - spread, yaw + spread, pitch + spread, depth], 6),
        uid,
      ].join(',');
    });
  return [gazeColumns, ...rows, ''].join('\n');
}

/** Linear and angular velocity in the device frame by one-sided differences, m/s and rad/s. */
function velocities(poses: readonly CameraPose[], index: number, fps: number): [Vector, Vector] {
  const [a, b] = [poses[Math.max(0, index - 1)], poses[index]];
  const linear = unrotate(b.rotation, scale(subtract(b.position, a.position), fps));
  const [x, y, z, w] = toQuaternion(compose(transpose(a.rotation), b.rotation));
  const sine = Math.hypot(x, y, z);
  const factor = sine < 1e-9 ? 2 : (2 * Math.atan2(sine, w)) / sine;
  return [linear, scale([x, y, z], factor * fps)];
}

/** `trajectory/gopro_calibs.csv`: pose and pinhole intrinsics (focal x, y, centre x, y) of the static cameras. */
export function writeExoCalibration(
  folder: string,
  uid: string,
  poses: readonly CameraPose[],
  { width, height, focal }: Intrinsics,
  numFrames: number,
): void {
  const header =
    'cam_uid,graph_uid,tx_world_cam,ty_world_cam,tz_world_cam,qx_world_cam,qy_world_cam,qz_world_cam,qw_world_cam,image_width,image_height,intrinsics_type,intrinsics_0,intrinsics_1,intrinsics_2,intrinsics_3,start_frame_idx,end_frame_idx';
  const rows = poses.map(({ position, rotation }, index) =>
    [
      cameraName(index),
      uid,
      ...fixed(position, 6),
      ...fixed(toQuaternion(rotation), 9),
      width,
      height,
      'PINHOLE',
      ...fixed([focal, focal, width / 2, height / 2], 6),
      0,
      numFrames - 1,
    ].join(','),
  );
  writeFileAtomic(join(folder, 'trajectory', 'gopro_calibs.csv'), [header, ...rows, ''].join('\n'));
}

/** `cam01`, `cam02`, … */
export const cameraName = (index: number): string => `cam${String(index + 1).padStart(2, '0')}`;
