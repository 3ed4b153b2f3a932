import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { writeScaledVideo } from '../recording/ffmpeg-files.ts';
import { matrixOf, turnAxes } from '../recording/pose.ts';
import type { Recording } from '../recording/recording.ts';
import { normalize, type Rotation, subtract, transpose } from '../world/vector.ts';
import type { SequenceFiles } from './sequence.ts';

/** OpenCV axes in HoloLens's (x forward, y left, z up). */
const OPENCV_IN_HOLOLENS: Rotation = [0, 0, 1, -1, 0, 0, 0, -1, 0];
/** The release's pictures: what reads them cuts the middle 480x480 out of them, so smaller ones are enlarged. */
const PICTURE = { width: 896, height: 504 } as const;
/** Ticks of 100 ns at the first frame. */
const START_TICKS = 637_900_000_000_000_000n;
const START_SECONDS = 1;

const ticks = (seconds: number): bigint => START_TICKS + BigInt(Math.round(seconds * 1e7));

/**
 * HoloAssist: `<session>/Export_py/`. `Video/Pose_sync.txt` has the camera-to-world matrices in HoloLens's axes,
 * `Eyes/Eyes_sync.txt` the rays of gaze in the world (a direction of zero where gaze is lost), tab-separated, a row a frame.
 */
export async function writeHoloAssist(recording: Recording, { root, path, crf }: SequenceFiles): Promise<void> {
  const { instants, intrinsics } = recording;
  const folder = join(root, path, 'Export_py');
  const { width, height, focal } = intrinsics;
  const frames = { data: recording.rgb(), width, height, fps: recording.fps };
  writeScaledVideo(join(folder, 'Video_pitchshift.mp4'), PICTURE.width, PICTURE.height, crf, frames);
  const write = (name: string, rows: readonly (readonly (string | number | bigint)[])[]) =>
    writeFileAtomic(join(folder, name), rows.map((row) => `${row.join('\t')}\n`).join(''));
  const stamp = (time: number) => [(START_SECONDS + time).toFixed(7), ticks(time)];
  const decimal = (values: readonly number[]) => values.map((value) => value.toFixed(9));
  write(
    'Video/Pose_sync.txt',
    instants.map(({ time, head }) => [
      ...stamp(time),
      ...decimal(matrixOf(turnAxes(head, transpose(OPENCV_IN_HOLOLENS)))),
    ]),
  );
  write(
    'Eyes/Eyes_sync.txt',
    instants.map(({ time, head, gaze }) => {
      const direction = gaze.valid ? normalize(subtract(gaze.target, head.position)) : [0, 0, 0];
      return [...stamp(time), ...decimal([...head.position, ...direction])];
    }),
  );
  write('Video/VideoMp4Timing.txt', [[ticks(0)], [ticks(instants.length / recording.fps)]]);
  const [across, down] = [PICTURE.width / width, PICTURE.height / height];
  // pixel centres are whole, so the middle of the image is half a pixel before its half
  const matrix = [focal * across, 0, PICTURE.width / 2 - 0.5, 0, focal * down, PICTURE.height / 2 - 0.5, 0, 0, 1];
  write('Video/Intrinsics.txt', [[...matrix, PICTURE.width, PICTURE.height]]);
  return Promise.resolve();
}
