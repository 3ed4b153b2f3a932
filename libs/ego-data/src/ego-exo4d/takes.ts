import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { resolveInside, UserError } from '@egolab/foundation';
import { flag, numeric, readAs } from '../boundary.ts';

const stream = z.object({ relative_path: z.string().nullish() });

const take = z.object({
  take_uid: z.string().min(1),
  take_name: z.string().min(1),
  root_dir: z.string().nullish(),
  parent_task_name: z.string().nullish(),
  task_name: z.string().nullish(),
  best_exo: z.string().nullish(),
  duration_sec: numeric.nullish(),
  is_dropped: flag,
  frame_aligned_videos: z.record(z.string(), z.record(z.string(), stream.nullable()).nullable()).nullish(),
  capture: z.object({ cameras: z.array(z.object({ cam_id: z.string(), is_ego: flag })).nullish() }).nullish(),
});

export interface CameraVideo {
  readonly camId: string;
  /** absolute; below the data set's root */
  readonly path: string;
}

/** One recording: an egocentric video and the exocentric ones filmed at the same time. */
export interface Take {
  readonly takeUid: string;
  readonly takeName: string;
  readonly scenario: string;
  readonly task: string;
  /** seconds; undefined when the file does not say */
  readonly duration: number | undefined;
  readonly dropped: boolean;
  readonly bestExo: string | undefined;
  /** the Aria RGB video; undefined when the take has none */
  readonly ego: CameraVideo | undefined;
  readonly exo: readonly CameraVideo[];
}

/** Entries beside the cameras in `frame_aligned_videos`. */
const pseudoCameras = new Set(['collage', 'best_exo']);

/**
 * Read `takes.json`. Frames of one index show the same instant in all videos of a take; the copies of 448 pixels are
 * taken where they are present, since every model here sees less.
 * @param file `takes.json`; the paths in it are relative to its folder
 * @throws UserError when the file is missing, cut or of another format, or a path in it leaves its folder
 */
export function readTakes(file: string): Take[] {
  const root = join(file, '..');
  return readAs(z.array(take), file).map((entry) => {
    const where = `${file} (take ${entry.take_name})`;
    const videos = cameraVideos(entry, root, where);
    const egoCameras = egoCameraNames(entry);
    const isEgo = ({ camId }: CameraVideo) => egoCameras.has(camId);
    return {
      takeUid: entry.take_uid,
      takeName: entry.take_name,
      scenario: entry.parent_task_name ?? 'unknown',
      task: entry.task_name ?? 'unknown',
      duration: entry.duration_sec ?? undefined,
      dropped: entry.is_dropped,
      bestExo: entry.best_exo ?? undefined,
      ego: videos.find((video) => isEgo(video) && isAria(video.camId)),
      exo: videos.filter((video) => !isEgo(video)),
    };
  });
}

function isAria(camId: string): boolean {
  return /^aria/i.test(camId);
}

/** Aria glasses, and the GoPros that somebody wore (the `is_ego` of the capture). */
function egoCameraNames({ capture, frame_aligned_videos: videos }: z.output<typeof take>): Set<string> {
  const worn = (capture?.cameras ?? []).filter((camera) => camera.is_ego).map((camera) => camera.cam_id);
  return new Set([...worn, ...Object.keys(videos ?? {}).filter(isAria)]);
}

/** The colour video of each real camera: Aria's stream 214-1 (not the grey 1201-* nor the eye camera 211-1). */
function cameraVideos(entry: z.output<typeof take>, root: string, where: string): CameraVideo[] {
  const videos: CameraVideo[] = [];
  for (const [camId, streams] of Object.entries(entry.frame_aligned_videos ?? {})) {
    if (pseudoCameras.has(camId)) continue;
    const paths = Object.values(streams ?? {}).flatMap((stream) => stream?.relative_path ?? []);
    const relative = isAria(camId) ? paths.find((path) => /_214-1\.mp4$/.test(path)) : paths[0];
    if (relative) videos.push({ camId, path: locate(entry, root, relative, where) });
  }
  return videos;
}

/** `root_dir` occurs with and without the leading `takes/`. */
function locate(entry: z.output<typeof take>, root: string, relative: string, where: string): string {
  const rootDir = entry.root_dir ?? posix.join('takes', entry.take_name);
  const folders = rootDir.startsWith('takes/') ? [rootDir] : [posix.join('takes', rootDir), rootDir];
  const asWritten = inTake(root, folders[0], relative, where); // first: a message shows the path of the file
  const small = posix.join(posix.dirname(relative), 'downscaled', '448', posix.basename(relative));
  const candidates = folders.flatMap((folder) => [small, relative].map((path) => inTake(root, folder, path, where)));
  return candidates.find((path) => existsSync(path)) ?? asWritten;
}

function inTake(root: string, folder: string, relative: string, where: string): string {
  if (posix.isAbsolute(folder)) return resolveInside(root, folder, where);
  return resolveInside(root, posix.isAbsolute(relative) ? relative : posix.join(folder, relative), where);
}

const splits = z.object({ take_uid_to_split: z.record(z.string(), z.string()) });

/** Take uid -> train, val or test, from `annotations/splits.json`; empty when the file is not there. */
export function readSplits(file: string): ReadonlyMap<string, string> {
  if (!existsSync(file)) return new Map();
  return new Map(Object.entries(readAs(splits, file).take_uid_to_split));
}

/** @throws UserError naming the videos that takes.json promises and the folder lacks */
export function requireVideos(takes: readonly Take[], file: string): void {
  const missing = takes.flatMap(({ takeName, ego, exo }) =>
    [...(ego ? [ego] : []), ...exo].filter(({ path }) => !existsSync(path)).map(({ path }) => ({ takeName, path })),
  );
  if (missing.length === 0) return;
  const first = missing.slice(0, 3).map(({ takeName, path }) => `${path} (take ${takeName})`);
  throw new UserError({
    what: `${missing.length} video${missing.length > 1 ? 's' : ''} of takes with narrations missing: ${first.join(', ')}${missing.length > 3 ? ', …' : ''}`,
    where: file,
    mend: 'download them (egoexo -o DIR --parts downscaled_takes/448), or take the takes out of this file: they are then left out and listed',
  });
}
