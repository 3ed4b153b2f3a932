import { VideoWriter, writePng, writeVideo } from '@egolab/video';
import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { factOf } from '../language/fact.ts';
import { type Camera, type CameraPose, intrinsicsOf, type Intrinsics } from '../render/camera.ts';
import { renderGeometry, View } from '../render/view.ts';
import type { Action } from '../take/action.ts';
import { episodesOf } from '../take/episodes.ts';
import type { Instant } from '../take/simulate.ts';
import { drawTake, instants as simulateTake, Stage, type Take } from '../take/take.ts';
import { Instance } from '../world/body.ts';
import {
  type Job,
  middle,
  type RecordedAction,
  type RenderSettings,
  type TakeJob,
  type TakeRecord,
  type WebJob,
  type WebRecord,
} from './job.ts';
import { cameraName, writeExoCalibration, writeSensors } from './mps.ts';

/** Horizontal fields of view, degrees. */
export const FIELD_OF_VIEW = { ego: 62, exo: 44 } as const;
/** seconds of a web clip */
const WEB_CLIP = 2;

export const egoIntrinsics = (size: number): Intrinsics => intrinsicsOf(size, size, FIELD_OF_VIEW.ego);
export const exoIntrinsics = (size: number): Intrinsics => intrinsicsOf(size, size, FIELD_OF_VIEW.exo);

/** Render one job's files and tell what they show; depends on the job alone. */
export async function runJob(job: Job): Promise<TakeRecord | WebRecord> {
  return job.kind === 'take' ? renderTake(job) : renderWeb(job);
}

async function renderTake(job: TakeJob): Promise<TakeRecord> {
  const { render, request } = job;
  const take = drawTake(request);
  const stage = new Stage(take);
  const instants = [...simulateTake(take, render.fps)];
  const frames = await renderVideos(job, take, stage, instants);
  const episodes = episodesOf(take.plan, take.wearer.pronoun);
  if (job.episodeFolder) await writeClips(job.episodeFolder, episodes, frames, render);
  if (job.sensorFolder) {
    writeSensors(job.sensorFolder, take.uid, instants, render.fps);
    writeExoCalibration(job.sensorFolder, take.uid, take.exo, exoIntrinsics(render.size), instants.length);
  }
  if (job.groundTruth) writeGroundTruth(job.groundTruth, take, stage, instants, render);
  return {
    name: take.name,
    uid: take.uid,
    room: take.room.id,
    pronoun: take.wearer.pronoun,
    numFrames: instants.length,
    duration: instants.length / render.fps,
    actions: take.plan.actions.map((action) => recordAction(action, take, stage, instants, render)),
    episodes,
  };
}

/** Writes the ego and exo videos; returns the ego frames, uint8 `[time, height, width, 3]`. */
async function renderVideos(job: TakeJob, take: Take, stage: Stage, instants: readonly Instant[]): Promise<Uint8Array> {
  const { size, fps, crf, samples } = job.render;
  const frameBytes = size * size * 3;
  const ego = new View(egoIntrinsics(size), samples);
  const frames = new Uint8Array(instants.length * frameBytes);
  const exo = job.exoFolder ? take.exo.map((pose) => fixedView(pose, stage, job.render)) : [];
  const videos = exo.map(() => new Uint8Array(frames.length));
  instants.forEach((instant, index) => {
    ego.render(stage.at(instant, false), instant.head, frames.subarray(index * frameBytes, (index + 1) * frameBytes));
    if (exo.length === 0) return;
    const scene = stage.at(instant, true);
    exo.forEach((view, camera) =>
      view.render(scene, instant.head, videos[camera].subarray(index * frameBytes, (index + 1) * frameBytes)),
    );
  });
  const write = (path: string, data: Uint8Array) =>
    writeVideo(path, { data, numFrames: instants.length, height: size, width: size }, { fps, crf });
  if (job.egoVideo) await write(job.egoVideo, frames);
  for (const [camera, video] of videos.entries())
    await write(join(job.exoFolder as string, `${cameraName(camera)}.mp4`), video);
  return frames;
}

/** Exocentric images get by with one sample a pixel: the cameras stand still. */
function fixedView(pose: CameraPose, stage: Stage, { size }: RenderSettings): View {
  const view = new View(exoIntrinsics(size));
  view.fix(pose, stage.empty());
  return view;
}

async function writeClips(
  folder: string,
  windows: readonly { start: number; end: number }[],
  frames: Uint8Array,
  { size, fps, crf }: RenderSettings,
): Promise<void> {
  const frameBytes = size * size * 3;
  const numFrames = frames.length / frameBytes;
  for (const [index, { start, end }] of windows.entries()) {
    const first = Math.max(0, Math.round(start * fps));
    const last = Math.min(numFrames, Math.max(first + 1, Math.round(end * fps) + 1));
    const data = frames.subarray(first * frameBytes, last * frameBytes);
    await writeVideo(
      join(folder, clipName(index)),
      { data, numFrames: last - first, height: size, width: size },
      { fps, crf },
    );
  }
}

export const clipName = (index: number): string => `${String(index).padStart(3, '0')}.mp4`;

/** What of the acting hand and its object each camera sees in the middle of an action. */
function recordAction(
  action: Action,
  take: Take,
  stage: Stage,
  instants: readonly Instant[],
  { size, fps }: RenderSettings,
): RecordedAction {
  const instant = instants[Math.min(instants.length - 1, Math.round(middle(action) * fps))];
  const shown = new Set<number>(
    [action.object, action.tool, action.target]
      .filter((index) => index !== null)
      .map((index) => Instance.firstObject + index),
  );
  if (action.hand) shown.add(action.hand === 'left' ? Instance.leftHand : Instance.rightHand);
  if (action.verb === 'walk to') shown.add(Instance.body);
  const visible = (camera: Camera, withHead: boolean) =>
    renderGeometry(stage.at(instant, withHead), camera).instances.reduce(
      (sum, instance) => sum + (shown.has(instance) ? 1 : 0),
      0,
    );
  const exo = take.exo.map((pose) => visible({ ...pose, intrinsics: exoIntrinsics(size) }, true));
  const best = exo.indexOf(Math.max(...exo));
  const enough = (size * size) / 800;
  return {
    fact: factOf(action, take.plan, take.wearer.pronoun),
    start: action.start,
    end: action.end,
    egoVisible:
      action.verb === 'walk to' || visible({ ...instant.head, intrinsics: egoIntrinsics(size) }, false) > enough,
    bestExo: exo[best] > enough ? best : null,
  };
}

/**
 * Exact geometry of the ego view: `depth/NNNNNN.png` (16-bit, millimetres, z-depth), `masks/NNNNNN.png` (8-bit instance
 * ids), and `frames.json` (intrinsics, camera-to-world poses, gaze, instance names, contact state).
 */
function writeGroundTruth(
  { folder, everyFrames }: { folder: string; everyFrames: number },
  take: Take,
  stage: Stage,
  instants: readonly Instant[],
  { size, fps }: RenderSettings,
): void {
  const intrinsics = egoIntrinsics(size);
  const frames = instants.flatMap((instant, index) => {
    if (index % everyFrames !== 0) return [];
    const { depth, instances } = renderGeometry(stage.at(instant, false), { ...instant.head, intrinsics });
    const file = `${String(index).padStart(6, '0')}.png`;
    writePng(join(folder, 'depth', file), {
      data: Uint16Array.from(depth, (z) => Math.min(65535, Math.round(z * 1000))),
      width: size,
      height: size,
      channels: 1,
    });
    writePng(join(folder, 'masks', file), { data: instances, width: size, height: size, channels: 1 });
    const contact = instant.state.objects.flatMap(({ heldBy }, object) =>
      heldBy ? [{ hand: heldBy, instance: Instance.firstObject + object }] : [],
    );
    const { valid, yaw, pitch, depth: distance, instance } = instant.gaze;
    return [
      {
        frame: index,
        file,
        rotation: instant.head.rotation,
        position: instant.head.position,
        gaze: { valid, yaw, pitch, depth: distance, instance },
        contact,
      },
    ];
  });
  const names = {
    0: 'background',
    1: 'left hand',
    2: 'right hand',
    3: 'body',
    4: 'liquid',
    ...Object.fromEntries(take.plan.placements.map(({ category }, index) => [Instance.firstObject + index, category])),
  };
  writeFileAtomic(
    join(folder, 'frames.json'),
    JSON.stringify({ take_uid: take.uid, fps, intrinsics, instances: names, frames }),
  );
}

async function renderWeb({ request, render, folder, numClips }: WebJob): Promise<WebRecord> {
  const take = drawTake(request);
  const stage = new Stage(take);
  const instants = [...simulateTake(take, render.fps)];
  const random = take.random.split('web');
  const { size, fps, crf } = render;
  const clips: WebRecord['clips'][number][] = [];
  for (const action of take.plan.actions) {
    // what happens at the other station is out of the cameras' sight
    if (clips.length === numClips || action.station !== 0) continue;
    const first = Math.max(0, Math.round((middle(action) - WEB_CLIP / 2) * fps));
    const shown = instants.slice(first, first + Math.round(WEB_CLIP * fps));
    const view = fixedView(random.choice(take.exo), stage, render);
    const file = `${take.name}-${clipName(clips.length)}`;
    const writer = new VideoWriter(join(folder, file), { width: size, height: size, fps, crf });
    const rgb = new Uint8Array(size * size * 3);
    for (const instant of shown) {
      view.render(stage.at(instant, true), instant.head, rgb);
      await writer.write(rgb);
    }
    await writer.close();
    clips.push({ fact: factOf(action, take.plan, take.wearer.pronoun), file, duration: shown.length / fps });
  }
  return { clips };
}
