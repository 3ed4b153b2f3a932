import { writeFileAtomic } from '@egolab/foundation';
import { basename, join } from 'node:path';
import { composePoses, inversePose } from '../recording/pose.ts';
import type { Recording } from '../recording/recording.ts';
import type { CameraPose } from '../render/camera.ts';
import { about, compose, toQuaternion } from '../world/vector.ts';
import { fixed, gazeCsv, timestamp, trajectoryCsv } from '../write/mps.ts';
import { calibration, devicePose, fisheyeParameters, headsetCsv, vergenceCsv } from './aria.ts';
import type { SequenceFiles } from './sequence.ts';
import { digits, framesOf, writeDepths, writeGrey, writeRgb } from './video.ts';

/** Ego-Exo4D: `takes/<name>/…` with upright video and MPS. @param files.path name of the take */
export async function writeEgoExo4dTake(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  const { take, instants, fps, intrinsics } = recording;
  const folder = join(root, 'takes', path);
  await writeRgb(recording, join(folder, 'frame_aligned_videos', 'aria01_214-1.mp4'), crf);
  const poses = instants.map(devicePose);
  const slam = (name: string, text: string) => writeFileAtomic(join(folder, 'trajectory', name), text);
  slam('closed_loop_trajectory.csv', trajectoryCsv(take.uid, instants, poses, fps));
  slam('online_calibration.jsonl', calibration(instants, fps, intrinsics));
  writeFileAtomic(join(folder, 'eye_gaze', 'general_eye_gaze.csv'), gazeCsv(take.uid, instants));
}

/** HOT3D recorded with Aria. The RGB stream of its VRS file is exported, upright, as `214-1.mp4`. */
export async function writeHot3dAria(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  const { take, instants, fps, intrinsics } = recording;
  const folder = join(root, path);
  const poses = instants.map(devicePose);
  await writeRgb(recording, join(folder, '214-1.mp4'), crf);
  const write = (name: string, text: string) => writeFileAtomic(join(folder, name), text);
  write('metadata.json', hot3dMetadata(path, 'Aria'));
  write('headset_trajectory.csv', headsetCsv(instants, poses));
  write('mps/slam/closed_loop_trajectory.csv', trajectoryCsv(take.uid, instants, poses, fps));
  write('mps/slam/online_calibration.jsonl', calibration(instants, fps, intrinsics));
  write('mps/eye_gaze/general_eye_gaze.csv', vergenceCsv(take.uid, instants));
}

function hot3dMetadata(name: string, headset: 'Aria' | 'Quest3'): string {
  const available = { mano_hand_pose_gt: false, umetrack_hand_pose_gt: false, object_pose_gt: false };
  const [participant] = basename(name).split('_');
  const metadata = { gt_available_status: available, headset, participant_id: participant };
  return JSON.stringify({ ...metadata, recording_name: basename(name) }, null, 4);
}

/** The left camera of the Quest in its device frame; upright, OpenCV axes. */
const questCamera: CameraPose = {
  rotation: compose(about('y', 0.35), about('x', -0.5)),
  position: [0.027, -0.129, -0.031],
};

const QUEST_ROWS = 1024;

/** HOT3D recorded with Quest 3: grey video, exported as `1201-1.mp4`; no gaze. */
export async function writeHot3dQuest(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  const { instants, intrinsics } = recording;
  const folder = join(root, path);
  await writeGrey(recording, join(folder, '1201-1.mp4'), crf);
  const write = (name: string, text: string) => writeFileAtomic(join(folder, name), text);
  write('metadata.json', hot3dMetadata(path, 'Quest3'));
  const poses = instants.map(({ head }) => composePoses(head, inversePose(questCamera)));
  write('headset_trajectory.csv', headsetCsv(instants, poses));
  const [x, y, z, w] = toQuaternion(questCamera.rotation);
  // the calibration is of the recorded picture, the exported one is smaller
  const [height, width] = [QUEST_ROWS, (QUEST_ROWS * intrinsics.width) / intrinsics.height];
  const recorded = { width, height, focal: (intrinsics.focal * QUEST_ROWS) / intrinsics.height };
  const [focal, ...rest] = fisheyeParameters(recorded);
  const camera = {
    T_Device_Camera: { quaternion_wxyz: [w, x, y, z], translation_xyz: questCamera.position },
    imageHeight: height,
    imageWidth: width,
    label: 'camera-slam-left',
    maxSolidAngle: 1.5,
    projectionModelType: 'CameraModelType.FISHEYE624',
    projectionParams: [focal, focal, ...rest],
    serialNumber: 'synthetic',
    stream_id: '1201-1',
  };
  write('camera_models.json', JSON.stringify([camera], null, 4));
}

/**
 * Aria Digital Twin: poses and gaze as its ground truth keeps them. The RGB stream lies beside it as an upright mp4
 * (`video.mp4`), the depth stream as upright 16-bit PNG files (`depth/NNNNN.png`), z-depth in millimetres.
 */
export async function writeAdt(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  const { take, instants, fps, intrinsics } = recording;
  const folder = join(root, path);
  await writeRgb(recording, join(folder, 'video.mp4'), crf);
  writeDepths(recording, framesOf(recording, 1), (frame) => join(folder, 'depth', `${digits(frame, 5)}.png`));
  const poses = instants.map(devicePose);
  // the sample of the release ends with quality_score
  const trajectory = trajectoryCsv(take.uid, instants, poses, fps)
    .split('\n')
    .map((row) => row.split(',').slice(0, 20).join(','));
  const write = (name: string, text: string) => writeFileAtomic(join(folder, name), text);
  write('aria_trajectory.csv', trajectory.join('\n'));
  write('eyegaze.csv', adtGaze(recording));
  write('online_calibration.jsonl', calibration(instants, fps, intrinsics));
  const scene = { serial: 'synthetic', scene: take.room.id, num_skeletons: 1, gt_time_domain: 'DEVICE_CAPTURE' };
  write('metadata.json', JSON.stringify({ ...scene, dataset_name: 'ADT_2023', dataset_version: '2.0' }, null, 4));
}

/** A row a frame; depth 0 marks a lost gaze. */
function adtGaze({ instants }: Recording): string {
  const header =
    'tracking_timestamp_us,yaw_rads_cpf,pitch_rads_cpf,depth_m,yaw_low_rads_cpf,pitch_low_rads_cpf,yaw_high_rads_cpf,pitch_high_rads_cpf';
  const rows = instants.map(({ time, gaze: { valid, yaw, pitch, depth } }) => {
    const numbers = [yaw, pitch, valid ? depth : 0, yaw - 0.02, pitch - 0.02, yaw + 0.02, pitch + 0.02];
    return [timestamp(time), ...fixed(numbers, 6)].join(',');
  });
  return [header, ...rows, ''].join('\n');
}
