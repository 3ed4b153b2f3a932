import { composePoses, inversePose, turnAxes } from '../recording/pose.ts';
import type { CameraPose, Intrinsics } from '../render/camera.ts';
import type { Instant } from '../take/simulate.ts';
import { type Rotation, toQuaternion, transpose } from '../world/vector.ts';
import { fixed, timestamp } from '../write/mps.ts';

/** Project Aria's central pupil frame (x left, y up, z forward) in its device frame: the glasses' design data. */
export const deviceCpf: CameraPose = {
  rotation: [
    ...[-0.03186013725398906, -0.9986295320622571, -0.04152095070292611],
    ...[0.7933534010715846, 1.7481547320841173e-9, -0.6087613497982192],
    ...[0.6079270619591686, -0.05233600761538676, 0.7922661356164198],
  ] as unknown as Rotation,
  position: [0.004993020020503572, -0.05146009007281111, -0.04994988069828615],
};

/** OpenCV axes (x right, y down, z forward) in the central pupil frame's. */
const OPENCV_IN_CPF: Rotation = [-1, 0, 0, 0, -1, 0, 0, 0, 1];
/** The upright camera's axes in those of the RGB sensor, which is mounted a quarter turn off. */
const UPRIGHT_IN_SENSOR: Rotation = [0, 1, 0, -1, 0, 0, 0, 0, 1];

/** The upright head camera in the device frame: it sits in the central pupil. */
const deviceUpright: CameraPose = turnAxes(deviceCpf, OPENCV_IN_CPF);
/** The RGB sensor, as calibrations give it: its images are turned clockwise to be upright. */
export const deviceCamera: CameraPose = turnAxes(deviceUpright, transpose(UPRIGHT_IN_SENSOR));

/** Device-to-world of the glasses whose upright RGB camera is the wearer's head camera. */
export const devicePose = ({ head }: Instant): CameraPose => composePoses(head, inversePose(deviceUpright));

/** Series of the tangent: a distortion with these coefficients makes FISHEYE624's equidistant projection a pinhole's. */
const TANGENT = [1 / 3, 2 / 15, 17 / 315, 62 / 2835, 1382 / 155925, 21844 / 6081075];

/** FISHEYE624 parameters of a pinhole, to a thousandth of a pixel: f, cu, cv, k0 to k5, p0, p1, s0 to s3; pixel centres are whole. */
export function fisheyeParameters({ width, height, focal }: Intrinsics): number[] {
  return [focal, width / 2 - 0.5, height / 2 - 0.5, ...TANGENT, 0, 0, 0, 0, 0, 0];
}

/** Side of Aria's recorded RGB picture, and the sensor pixels left out before it at each side; two sensor pixels make one of it. */
const RECORDED = { side: 1408, margin: 32 } as const;

/**
 * A line of MPS's `online_calibration.jsonl`: the RGB camera at an instant. Calibrations are in pixels of the sensor; a smaller
 * video of the recorded picture changes nothing about them.
 */
export function calibrationLine({ time }: Instant, { width, focal }: Intrinsics): string {
  const [x, y, z, w] = toQuaternion(deviceCamera.rotation);
  const side = 2 * RECORDED.side;
  const [sensorFocal, u, v, ...distortion] = fisheyeParameters({
    width: side,
    height: side,
    focal: (focal * side) / width,
  });
  const camera = {
    Calibrated: true,
    Projection: {
      Params: [sensorFocal, u + RECORDED.margin, v + RECORDED.margin, ...distortion],
      Description: '',
      Name: 'FisheyeRadTanThinPrism',
    },
    T_Device_Camera: { Translation: deviceCamera.position, UnitQuaternion: [w, [x, y, z]] },
    SerialNumber: 'synthetic',
    Label: 'camera-rgb',
  };
  const line = { utc_timestamp_ns: -1, tracking_timestamp_us: timestamp(time), CameraCalibrations: [camera] };
  return `${JSON.stringify(line)}\n`;
}

/** The calibration of a recording, once a second. */
export const calibration = (instants: readonly Instant[], fps: number, intrinsics: Intrinsics): string =>
  instants
    .filter((_, index) => index % fps === 0)
    .map((instant) => calibrationLine(instant, intrinsics))
    .join('');

/** Distance between the pupils that Aria's vergence model assumes, metres. */
const PUPILS = 0.063;

/** MPS's `general_eye_gaze.csv` with a yaw for each eye; the rays meet at the gaze point. Lost gaze has no row. */
export function vergenceCsv(session: string, instants: readonly Instant[]): string {
  const header =
    'tracking_timestamp_us,left_yaw_rads_cpf,right_yaw_rads_cpf,pitch_rads_cpf,depth_m,left_yaw_low_rads_cpf,right_yaw_low_rads_cpf,pitch_low_rads_cpf,left_yaw_high_rads_cpf,right_yaw_high_rads_cpf,pitch_high_rads_cpf,tx_left_eye_cpf,ty_left_eye_cpf,tz_left_eye_cpf,tx_right_eye_cpf,ty_right_eye_cpf,tz_right_eye_cpf,session_uid';
  const rows = instants
    .filter(({ gaze: { valid } }) => valid)
    .map(({ time, gaze: { yaw, pitch, depth } }) => {
      const z = depth / Math.hypot(Math.tan(yaw), Math.tan(pitch), 1);
      const eye = (side: number) => Math.atan2(Math.tan(yaw) * z - (side * PUPILS) / 2, z);
      const [left, right] = [eye(1), eye(-1)];
      const spread = (sign: number) => [left + sign * 0.02, right + sign * 0.02, pitch + sign * 0.02];
      const numbers = [left, right, pitch, depth, ...spread(-1), ...spread(1), PUPILS / 2, 0, 0, -PUPILS / 2, 0, 0];
      return [timestamp(time), ...fixed(numbers, 9), session].join(',');
    });
  return [header, ...rows, ''].join('\n');
}

/** `headset_trajectory.csv` of HOT3D: device-to-world, nanoseconds, quaternion w first. */
export function headsetCsv(instants: readonly Instant[], poses: readonly CameraPose[]): string {
  const rows = instants.map(({ time }, index) => {
    const [x, y, z, w] = toQuaternion(poses[index].rotation);
    const stamp = BigInt(timestamp(time)) * 1000n;
    return [1, stamp, ...fixed(poses[index].position, 9), ...fixed([w, x, y, z], 9)].join(',');
  });
  return ['object_uid,timestamp[ns],t_wo_x[m],t_wo_y[m],t_wo_z[m],q_wo_w,q_wo_x,q_wo_y,q_wo_z', ...rows, ''].join('\n');
}
