import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EgoM2pClip } from '@egolab/ego-data';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import type { TrainingMeans } from './baselines.ts';
import { ClipCodec } from './clip-codec.ts';
import {
  cameraLatency,
  evaluateTask,
  evaluationTasks,
  predictValues,
  valueOf,
  type EvaluationTask,
  type Predictor,
} from './evaluate.ts';
import { loadMaskedModel } from './masked-model-files.ts';
import type { DecodingSettings } from './settings.ts';
import { tokenNames } from './tokens.ts';
import { writeValue } from './write-value.ts';

/** What a stage's model is tested on and compared with. */
export interface Examination {
  clips: readonly EgoM2pClip[];
  means: TrainingMeans;
  decoding: DecodingSettings;
  seed: number;
  /** how many clips' predictions are written, and where */
  examples?: { count: number; folder: string };
}

/**
 * Open the model of a stage, do all tasks, and close it again.
 *
 * @param folder of stage masked-pretrain or post-train
 */
export async function evaluateRun(folder: string, examination: Examination, progress: Progress): Promise<Metrics> {
  return withPredictor(folder, examination, async (predictor) => {
    const { clips, means, examples } = examination;
    const metrics: Record<string, Metrics> = {};
    for (const task of Object.keys(evaluationTasks) as EvaluationTask[]) {
      metrics[task] = await evaluateTask(predictor, task, clips, means, progress);
      if (examples) await writeExamples(predictor, task, clips.slice(0, examples.count), examples.folder);
    }
    return metrics;
  });
}

/** What was predicted and what is true of some clips, to look at: `<folder>/<clip>/{predicted,true}/`. */
async function writeExamples(
  predictor: Predictor,
  task: EvaluationTask,
  clips: readonly EgoM2pClip[],
  folder: string,
): Promise<void> {
  const { from, to } = evaluationTasks[task];
  const { codec, model } = predictor;
  for (const clip of clips) {
    if (!clip[from] || !clip[to] || !model.names.includes(tokenNames[to])) continue;
    const given = { [tokenNames[from]]: codec.encode(from, await valueOf(clip, from, codec.size)) };
    const [predicted] = predictValues(predictor, [given], to);
    for (const [kind, value] of Object.entries({ predicted, true: await valueOf(clip, to, codec.size) })) {
      const place = join(folder, `${clip.source}-${clip.key}`, kind);
      mkdirSync(place, { recursive: true });
      await writeValue(place, to, value, codec.size, clip.start);
    }
  }
}

/** Seconds a clip for the camera of the first clip that has a video; nothing when there is none. */
export async function latencyOfRun(folder: string, examination: Examination): Promise<Metrics> {
  const clip = examination.clips.find(({ rgb }) => rgb !== undefined);
  if (!clip) return {};
  return withPredictor(folder, examination, (predictor) => cameraLatency(predictor, clip));
}

/** Side in pixels of the frames that a stage's model sees. */
export function frameSize(folder: string): number {
  const { model, tokenizers, dispose } = loadMaskedModel(folder);
  try {
    const codec = ClipCodec.load(tokenizers, model);
    codec.dispose();
    return codec.size;
  } finally {
    dispose();
  }
}

async function withPredictor<T>(
  folder: string,
  { decoding, seed }: Pick<Examination, 'decoding' | 'seed'>,
  work: (predictor: Predictor) => Promise<T>,
): Promise<T> {
  const { model, tokenizers, dispose } = loadMaskedModel(folder);
  let codec: ClipCodec | undefined;
  try {
    codec = ClipCodec.load(tokenizers, model);
    return await work({ model, codec, decoding, seed });
  } finally {
    codec?.dispose();
    dispose();
  }
}
