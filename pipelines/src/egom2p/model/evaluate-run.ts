import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EgoM2pClip } from '@egolab/ego-data';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import type { TrainingMeans } from './baselines.ts';
import { ClipCodec } from './clip-codec.ts';
import { cameraLatency, evaluateTask, type Example, type Predictor, type TaskResult } from './evaluate.ts';
import { loadMaskedModel } from './masked-model-files.ts';
import { evaluationTasks, type EvaluationTask } from './scorers.ts';
import type { DecodingSettings, DrawSettings } from './settings.ts';
import { writeValue } from './write-value.ts';

/** What a stage's model is tested on and compared with. */
export interface Examination {
  clips: readonly EgoM2pClip[];
  means: TrainingMeans;
  decoding: DecodingSettings;
  draws: DrawSettings;
  seed: number;
  /** clips of each task that are handed back with their predictions; default 0 */
  examples?: number;
}

/** The metrics of all tasks, each with its value of every clip (`<task>.<row>.<metric>`), and clips to look at. */
export interface RunResult {
  metrics: Record<EvaluationTask, Metrics>;
  outcomes: TaskResult['outcomes'];
  examples: Example[];
}

/**
 * Open the model of a stage, do all tasks, and close it again.
 *
 * @param folder of stage masked-pretrain or post-train
 */
export async function evaluateRun(folder: string, examination: Examination, progress: Progress): Promise<RunResult> {
  return withPredictor(folder, examination, async (predictor) => {
    const { clips, means, examples } = examination;
    const found: [EvaluationTask, TaskResult][] = [];
    for (const task of Object.keys(evaluationTasks) as EvaluationTask[])
      found.push([task, await evaluateTask(predictor, task, clips, means, progress, examples)]);
    return {
      metrics: Object.fromEntries(found.map(([task, { metrics }]) => [task, metrics])) as RunResult['metrics'],
      outcomes: Object.assign({}, ...found.map(([task, { outcomes }]) => prefixed(task, outcomes))),
      examples: found.flatMap(([, result]) => result.examples),
    };
  });
}

/** The same record, its names below a prefix. */
export function prefixed<T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}.${name}`, value]));
}

/** What was predicted and what is true of some clips, for other programs: `<folder>/<clip>/{predicted,true}/`. */
export async function writeExamples(examples: readonly Example[], size: number, folder: string): Promise<void> {
  for (const { clip, task, predicted, truth } of examples) {
    for (const [kind, value] of Object.entries({ predicted, true: truth })) {
      const place = join(folder, `${clip.source}-${clip.key}`, kind);
      mkdirSync(place, { recursive: true });
      await writeValue(place, evaluationTasks[task].to, value, size, clip.start);
    }
  }
}

/** Seconds a clip for the camera of the first clip that has a video; nothing when there is none. */
export async function latencyOfRun(folder: string, examination: Examination): Promise<Metrics> {
  const clip = examination.clips.find(({ rgb }) => rgb !== undefined);
  if (!clip) return {};
  return withPredictor(folder, examination, async (predictor) => ({ ...(await cameraLatency(predictor, clip)) }));
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
  { decoding, draws, seed }: Pick<Examination, 'decoding' | 'draws' | 'seed'>,
  work: (predictor: Predictor) => Promise<T>,
): Promise<T> {
  const { model, tokenizers, dispose } = loadMaskedModel(folder);
  let codec: ClipCodec | undefined;
  try {
    codec = ClipCodec.load(tokenizers, model);
    return await work({ model, codec, decoding, draws, seed });
  } finally {
    codec?.dispose();
    dispose();
  }
}
