import { existsSync } from 'node:fs';
import {
  type CentreNetConfig,
  centreNetParameters,
  detectFrames,
  detectionScores,
  detectorLoss,
  type LabelledFrame,
  labelsOf,
  saveDetector,
} from '@egolab/caption-enrichment';
import { type EgoClipPair, readGroundTruth } from '@egolab/ego-data';
import { type Random, UserError } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { readVideo } from '@egolab/video';
import { trainTask } from '../../exo2ego/training.ts';
import type { StageContext, StageResult } from '../../stage.ts';
import { byVideo } from './clips.ts';
import { type DetectorTrainingSettings, groundTruthFolder } from './settings.ts';

type Context = Pick<
  StageContext<unknown, unknown, never>,
  'seed' | 'stateFolder' | 'tracker' | 'signal' | 'random' | 'progress'
>;

/** Learn to detect hands and what they touch from the exact labels of the clips' videos; writes the detector to `folder`. */
export async function trainDetector(
  context: Context,
  settings: DetectorTrainingSettings,
  { clips, heldOut }: { clips: readonly EgoClipPair[]; heldOut: readonly EgoClipPair[] },
  egoClip: string,
  folder: string,
): Promise<StageResult> {
  const all = await labelledFrames(clips, egoClip);
  const frames = settings.maxFrames === null ? all : drawn(all, settings.maxFrames, context.random.split('frames'));
  context.progress.note(`the detector learns from ${frames.length} of ${all.length} labelled frames`);
  const parameters = Parameters.initialize(centreNetParameters(settings.network), context.random.split('detector'));
  const result = await trainTask(context, {
    title: 'hand-object detector',
    settings: settings.training,
    parameters: [parameters],
    trainable: parameters.variables,
    numExamples: frames.length,
    examples: frames.map(({ labels }) => labels),
    loadBatch: async (indices) => indices.map((index) => frames[index]),
    loss: (batch) => detectorLoss(parameters, settings.network, batch),
  });
  saveDetector(folder, parameters, settings.network);
  const scores =
    heldOut.length > 0 ? evaluate(parameters, settings.network, await labelledFrames(heldOut, egoClip)) : {};
  parameters.dispose();
  return { ...result, metrics: { ...result.metrics, detector: scores } };
}

/** Scores on takes that the detector hasn't seen; those without anything to count are left out. */
function evaluate(
  parameters: Parameters,
  network: CentreNetConfig,
  frames: readonly LabelledFrame[],
): Record<string, number> {
  const found = runsOfOneSize(frames).flatMap((run) => {
    const [{ height, width }] = run;
    const data = Buffer.concat(run.map(({ pixels }) => pixels));
    return detectFrames(parameters, network, { data, numFrames: run.length, height, width });
  });
  const scores = detectionScores(
    frames.map(({ labels }) => labels),
    found,
  );
  return Object.fromEntries(Object.entries(scores).filter(([, value]) => Number.isFinite(value)));
}

/** Frames in order, parted where their size changes: each part goes through the network in batches. */
function runsOfOneSize(frames: readonly LabelledFrame[]): LabelledFrame[][] {
  const runs: LabelledFrame[][] = [];
  for (const frame of frames) {
    const last = runs.at(-1);
    if (last?.[0].height === frame.height && last[0].width === frame.width) last.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

const drawn = <T>(items: readonly T[], count: number, random: Random): T[] =>
  items.length <= count ? [...items] : random.shuffle(items).slice(0, count);

async function labelledFrames(clips: readonly EgoClipPair[], egoClip: string): Promise<LabelledFrame[]> {
  const frames: LabelledFrame[] = [];
  for (const [{ video, videoUid }] of byVideo(clips)) {
    const truth = existsSync(video) ? readGroundTruth(groundTruthFolder(egoClip)(videoUid)) : undefined;
    if (!truth) continue;
    const { data, height, width, numFrames } = await readVideo(video);
    for (const frame of truth.frames) {
      if (frame.frame >= numFrames) continue;
      const start = frame.frame * height * width * 3;
      frames.push({
        pixels: data.slice(start, start + height * width * 3),
        height,
        width,
        labels: labelsOf(frame, truth.instances),
      });
    }
  }
  if (frames.length > 0) return frames;
  throw new UserError({
    what: 'there are no labelled frames to train the hand-object detector on',
    where: groundTruthFolder(egoClip)('<video_uid>'),
    mend: 'set enrich.detectorTraining to null and enrich.detector to a trained detector or to files of detections',
  });
}
