import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { narration, paraphrase } from '../language/sentence.ts';
import { uidOf } from '../take/take.ts';
import { middle, type RecordedAction, type TakeRecord } from './job.ts';
import { cameraName } from './mps.ts';

export type Split = 'train' | 'val';

export const takeFolder = (name: string): string => join('takes', name);
export const egoFile = (name: string): string => join(takeFolder(name), 'frame_aligned_videos', 'aria01_214-1.mp4');

/** `takes.json`, `annotations/atomic_descriptions_{train,val}.json` and `annotations/splits.json` of Ego-Exo4D. */
export function writeEgoExo4d(
  root: string,
  takes: Record<Split, readonly TakeRecord[]>,
  numExo: number,
  fps: number,
  seed: number,
): void {
  const all = (['train', 'val'] as const).flatMap((split) => takes[split].map((take) => ({ split, take })));
  writeFileAtomic(
    join(root, 'takes.json'),
    JSON.stringify(
      all.map(({ take }) => takeEntry(take, numExo, fps)),
      null,
      1,
    ),
  );
  writeFileAtomic(
    join(root, 'annotations', 'splits.json'),
    JSON.stringify(
      {
        take_uid_to_split: Object.fromEntries(all.map(({ split, take }) => [take.uid, split])),
        split_to_take_uids: {
          train: takes.train.map(({ uid }) => uid),
          val: takes.val.map(({ uid }) => uid),
          test: [],
        },
      },
      null,
      1,
    ),
  );
  for (const split of ['train', 'val'] as const) {
    const annotations = Object.fromEntries(
      takes[split].map((take) => [take.uid, annotate(take, new Random(seed).split('narrators', take.uid))]),
    );
    writeFileAtomic(
      join(root, 'annotations', `atomic_descriptions_${split}.json`),
      JSON.stringify({ ds: 'synthetic-world', annotations }, null, 1),
    );
  }
}

function takeEntry(take: TakeRecord, numExo: number, fps: number): object {
  const cameras = Array.from({ length: numExo }, (_, index) => cameraName(index));
  const video = (cam_id: string, stream_id: string, file: string, is_ego: boolean) => ({
    cam_id,
    stream_id,
    is_ego,
    relative_path: `frame_aligned_videos/${file}`,
    num_frames: take.numFrames,
    fps,
  });
  const votes = cameras.map((_, index) => take.actions.filter(({ bestExo }) => bestExo === index).length);
  return {
    take_uid: take.uid,
    take_name: take.name,
    root_dir: `takes/${take.name}`,
    task_name: take.episodes[0]?.goal ?? 'kitchen',
    parent_task_name: 'Cooking',
    university_id: 'synthetic',
    best_exo: cameras[votes.indexOf(Math.max(...votes))],
    duration_sec: take.duration,
    task_start_sec: 0,
    task_end_sec: take.duration,
    is_dropped: false,
    is_narrated: true,
    capture: {
      capture_uid: take.room,
      capture_name: take.room,
      cameras: [
        { cam_id: 'aria01', is_ego: true, device_type: 'aria' },
        ...cameras.map((cam_id) => ({ cam_id, is_ego: false, device_type: 'gopro' })),
      ],
    },
    frame_aligned_videos: {
      aria01: { rgb: video('aria01', '214-1', 'aria01_214-1.mp4', true) },
      ...Object.fromEntries(cameras.map((cam_id) => [cam_id, { 0: video(cam_id, '0', `${cam_id}.mp4`, false) }])),
    },
  };
}

/** Two annotators, and now and then the rejected pass of a third. */
function annotate(take: TakeRecord, random: Random): object[] {
  const first = take.actions.map((action) => description(action, narration(action.fact), random, false));
  const second = take.actions
    .filter(() => random.uniform() > 0.08)
    .map((action) => description(action, paraphrase(action.fact, random), random, true));
  const passes = [
    { rejected: false, reject_reason: null as string | null, descriptions: first },
    { rejected: false, reject_reason: null, descriptions: second },
  ];
  if (random.uniform() < 0.2) {
    const shuffled = random.shuffle(take.actions).slice(0, 5);
    const wrong = take.actions
      .slice(0, 5)
      .map((action, index) => description(action, narration(shuffled[index].fact), random, false));
    passes.push({ rejected: true, reject_reason: 'descriptions do not match the video', descriptions: wrong });
  }
  return passes.map((pass, index) => ({
    annotation_uid: uidOf(random.split('annotation', index)),
    annotator_id: String(1000 + index * 17 + random.integer(0, 9)),
    ...pass,
  }));
}

/** The documented sample holds flags as booleans and, by another annotator, as "0" and "1". */
function description(action: RecordedAction, text: string, random: Random, flagsAsStrings: boolean): object {
  const flag = (value: boolean) => (flagsAsStrings ? (value ? '1' : '0') : value);
  const jitter = Math.max(-0.15, Math.min(0.15, random.normal(0, 0.05)));
  return {
    text,
    timestamp: Number((middle(action) + jitter).toFixed(5)),
    narration_subject: 'C',
    ego_visible: flag(action.egoVisible),
    best_exo:
      action.bestExo === null ? null : { raw_cam_id: String(action.bestExo + 1), cam_id: cameraName(action.bestExo) },
    unsure: flag(random.uniform() < 0.02),
  };
}
