import { VideoWriter, writeVideo } from '@egolab/video';
import { join } from 'node:path';
import { factOf } from '../language/fact.ts';
import { runRecording } from '../recording/run.ts';
import type { CameraPose } from '../render/camera.ts';
import { renderGeometry, View } from '../render/view.ts';
import { episodesOf } from '../take/episodes.ts';
import type { Instant } from '../take/simulate.ts';
import { drawTake, instants as simulateTake, Stage, type Take } from '../take/take.ts';
import { writeGroundTruth } from '../recording/ground-truth.ts';
import {
  type Job,
  type JobRecord,
  middle,
  type RenderSettings,
  type TakeJob,
  type TakeRecord,
  type WebJob,
  type WebRecord,
} from './job.ts';
import { cameraName, writeExoCalibration, writeSensors } from './mps.ts';
import { recordAction } from './record-action.ts';
import { egoIntrinsics, exoIntrinsics } from './views.ts';

/** seconds of a web clip */
const WEB_CLIP = 2;

/** Render one job's files and tell what they show; depends on the job alone. */
export async function runJob(job: Job): Promise<JobRecord> {
  switch (job.kind) {
    case 'take':
      return renderTake(job);
    case 'web':
      return renderWeb(job);
    case 'recording':
      return runRecording(job);
  }
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
  if (job.groundTruth) writeTruth(job.groundTruth, take, stage, instants, render);
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

/** Of every so many frames. */
function writeTruth(
  { folder, everyFrames }: { folder: string; everyFrames: number },
  take: Take,
  stage: Stage,
  instants: readonly Instant[],
  { size, fps }: RenderSettings,
): void {
  const intrinsics = egoIntrinsics(size);
  const frames = instants.flatMap((instant, frame) => {
    if (frame % everyFrames !== 0) return [];
    const geometry = renderGeometry(stage.at(instant, false), { ...instant.head, intrinsics });
    const contact = instant.state.objects.flatMap(({ heldBy }, object) => (heldBy ? [{ hand: heldBy, object }] : []));
    return [{ frame, instant, geometry, contact }];
  });
  writeGroundTruth(folder, take, fps, intrinsics, frames);
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
