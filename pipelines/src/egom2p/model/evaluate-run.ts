import type { EgoM2pClip } from '@egolab/ego-data';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import type { TrainingMeans } from './baselines.ts';
import { ClipCodec } from './clip-codec.ts';
import { cameraLatency, evaluateTask, evaluationTasks, type EvaluationTask, type Predictor } from './evaluate.ts';
import { loadMaskedModel } from './masked-model-files.ts';
import type { DecodingSettings } from './settings.ts';

/** What a stage's model is tested on and compared with. */
export interface Examination {
  clips: readonly EgoM2pClip[];
  means: TrainingMeans;
  decoding: DecodingSettings;
  seed: number;
}

/**
 * Open the model of a stage, do all tasks, and close it again.
 *
 * @param folder of stage masked-pretrain or post-train
 */
export async function evaluateRun(folder: string, examination: Examination, progress: Progress): Promise<Metrics> {
  return withPredictor(folder, examination, async (predictor) => {
    const { clips, means } = examination;
    const metrics: Record<string, Metrics> = {};
    for (const task of Object.keys(evaluationTasks) as EvaluationTask[])
      metrics[task] = await evaluateTask(predictor, task, clips, means, progress);
    return metrics;
  });
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
