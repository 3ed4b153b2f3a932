import { writeVideo } from '@egolab/video';
import { writeClipTruth } from '../egodtm/clip-truth.ts';
import { type LabelledFrame, writeHandObjectFrames } from '../egodtm/visor-frames.ts';
import { writeEgoM2pSequence } from '../egom2p/sequence.ts';
import { factOf } from '../language/fact.ts';
import { episodesOf } from '../take/episodes.ts';
import { ratesAt } from '../take/simulate.ts';
import { drawTake, instants } from '../take/take.ts';
import { middle, type RecordedAction } from '../write/job.ts';
import { enoughPixels, pixelsOf } from '../write/record-action.ts';
import { egoIntrinsics } from '../write/views.ts';
import { writeWebm } from './ffmpeg-files.ts';
import { writeH2oSequence } from './h2o.ts';
import type { Output, RecordingJob, RecordingRecord, RecordingSettings } from './job.ts';
import { Recording } from './recording.ts';

/** Record a take and write the outputs that a job asks for. */
export async function runRecording({ request, render, outputs }: RecordingJob): Promise<RecordingRecord> {
  const take = drawTake(request);
  const shown = [...instants(take, render.fps, ratesAt(render.fps, render.headShare))];
  const intrinsics = egoIntrinsics(render.width, render.height);
  const recording = new Recording(take, shown, intrinsics, render.fps, render.samples, render.pictureFps);
  const labelled: LabelledFrame[] = [];
  for (const output of outputs) labelled.push(...(await writeOutput(recording, output, render)));
  return {
    name: take.name,
    uid: take.uid,
    room: take.room.id,
    pronoun: take.wearer.pronoun,
    numFrames: shown.length,
    duration: shown.length / render.fps,
    actions: recordedActions(recording),
    episodes: episodesOf(take.plan, take.wearer.pronoun),
    labelled,
  };
}

async function writeOutput(recording: Recording, output: Output, render: RecordingSettings): Promise<LabelledFrame[]> {
  switch (output.kind) {
    case 'video':
      await writeFrames(recording, output.path, 0, recording.numFrames, render);
      return [];
    case 'clips':
      for (const { path, start, end } of output.clips) {
        const frames = recording.framesBetween(start, end);
        if (output.container === 'webm') writeWebm(path, { ...slice(recording, frames[0], frames.length), ...render });
        else await writeFrames(recording, path, frames[0], frames.length, render);
      }
      return [];
    case 'clip-truth':
      writeClipTruth(recording, output);
      return [];
    case 'hand-object-frames':
      return writeHandObjectFrames(recording, output);
    case 'egom2p':
      await writeEgoM2pSequence(recording, output);
      return [];
    case 'h2o':
      writeH2oSequence(recording, output);
      return [];
  }
}

/** Some frames of a recording as an mp4. */
async function writeFrames(
  recording: Recording,
  path: string,
  first: number,
  numFrames: number,
  { width, height, fps, crf }: RecordingSettings,
): Promise<void> {
  const { data } = slice(recording, first, numFrames);
  await writeVideo(path, { data, numFrames, height, width }, { fps, crf });
}

function slice(recording: Recording, first: number, numFrames: number): { data: Uint8Array } {
  const bytes = recording.intrinsics.width * recording.intrinsics.height * 3;
  return { data: recording.rgb().subarray(first * bytes, (first + numFrames) * bytes) };
}

function recordedActions(recording: Recording): RecordedAction[] {
  const { take, fps, numFrames, intrinsics } = recording;
  const enough = enoughPixels(intrinsics.width * intrinsics.height);
  return take.plan.actions.map((action) => {
    const frame = Math.min(numFrames - 1, Math.round(middle(action) * fps));
    return {
      fact: factOf(action, take.plan, take.wearer.pronoun),
      start: action.start,
      end: action.end,
      egoVisible: action.verb === 'walk to' || pixelsOf(action, recording.geometry(frame).instances) > enough,
      bestExo: null,
    };
  });
}
