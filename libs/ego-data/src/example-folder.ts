import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** For tests: write files below a fresh temporary folder, gone after the tests; objects become JSON. */
export function exampleFolder(files: Readonly<Record<string, unknown>>): string {
  const root = mkdtempSync(join(tmpdir(), 'egolab-data-'));
  made.push(root);
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
  }
  return root;
}

/** For tests: a takes.json entry as the release writes it, with the Aria streams, two GoPros and the pseudo-cameras. */
export function exampleTake(name: string, overrides: Readonly<Record<string, unknown>> = {}) {
  const video = (file: string) => ({ relative_path: `frame_aligned_videos/${file}.mp4` });
  return {
    take_uid: `uid-${name}`,
    take_name: name,
    root_dir: `takes/${name}`,
    parent_task_name: 'Cooking',
    task_name: 'Making tea',
    best_exo: 'cam02',
    duration_sec: 30,
    is_dropped: false,
    frame_aligned_videos: {
      aria01: { 'slam-left': video('aria01_1201-1'), et: video('aria01_211-1'), rgb: video('aria01_214-1') },
      cam01: { '0': video('cam01') },
      cam02: { '0': video('cam02') },
      collage: { '0': video('collage') },
      best_exo: { '0': video('best_exo') },
    },
    capture: {
      cameras: [
        { cam_id: 'aria01', is_ego: 'True' },
        { cam_id: 'cam01', is_ego: 'False' },
        { cam_id: 'cam02', is_ego: false },
      ],
    },
    ...overrides,
  };
}

/** For tests: the (empty) video files of {@link exampleTake}. */
export function exampleVideos(name: string): Record<string, string> {
  const file = (camera: string) => `takes/${name}/frame_aligned_videos/${camera}.mp4`;
  return Object.fromEntries(['aria01_214-1', 'cam01', 'cam02'].map((camera) => [file(camera), '']));
}

/** For tests: one annotator's pass over a take. */
export function examplePass(
  annotator: string,
  timed: Readonly<Record<string, number>>,
  overrides: Readonly<Record<string, unknown>> = {},
) {
  const descriptions = Object.entries(timed).map(([text, timestamp]) => ({
    text,
    timestamp,
    subject: 'C',
    ego_visible: true,
    best_exo: { raw_cam_id: '1', cam_id: 'cam01' },
    unsure: false,
  }));
  return { annotation_uid: `pass-${annotator}`, annotator_id: annotator, rejected: false, descriptions, ...overrides };
}
