import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { depthDecoder, lateFusion, lateFusionParameters, type LateFusionConfig } from '@egolab/depth-decoder';
import { videoTower } from '@egolab/dual-encoder';
import type { EgteaClip } from '@egolab/ego-data';
import { crossEntropy, Parameters } from '@egolab/nn';
import { tf, valuesOf } from '@egolab/runtime';
import { trainTask } from '../exo2ego/training.ts';
import type { TrainingSettings } from '../exo2ego/settings.ts';
import type { StageContext } from '../stage.ts';
import { rowOf, videoRows, type FrozenEncoder, type Rows } from './frozen.ts';
import type { EgoDtm } from './model.ts';
import { egteaRequests } from './zero-shot.ts';

/** What classifiers read of each clip: the encoder's class embedding, and behind it the decoder's depth maps. */
export interface ActionFeatures {
  readonly rows: Rows;
  readonly videoDim: number;
  /** clip id -> row */
  readonly index: ReadonlyMap<string, number>;
}

/** Features of each clip once, though splits share clips. */
export async function actionFeatures(
  frozen: FrozenEncoder & { readonly model: EgoDtm },
  folder: string,
  splits: readonly (readonly EgteaClip[])[],
): Promise<ActionFeatures> {
  const clips = [...new Map(splits.flat().map((clip) => [clip.id, clip])).values()];
  const { encoder, config, decoder, decoderConfig } = frozen.model;
  const rows = await videoRows(frozen, egteaRequests(folder, clips), 'EGTEA: features and depth', (pixels) => {
    const { classEmbedding, patches } = videoTower(encoder, config.vision_config, pixels);
    const { depth } = depthDecoder(decoder, decoderConfig, patches);
    return tf.concat([classEmbedding, tf.reshape(depth, [depth.shape[0], -1])], 1);
  });
  return { rows, videoDim: config.vision_config.hidden_size, index: new Map(clips.map(({ id }, i) => [id, i])) };
}

type Context = Pick<StageContext<unknown, unknown, never>, 'seed' | 'stateFolder' | 'tracker' | 'signal' | 'random'>;

/**
 * Train one classifier on a split's training clips and score its test clips.
 *
 * @param name of this training among those of the stage
 * @returns logits `[test clip, class]`
 */
export async function trainedScores(
  { stateFolder, tracker, random, ...context }: Context,
  name: string,
  features: ActionFeatures,
  { train, test }: { readonly train: readonly EgteaClip[]; readonly test: readonly EgteaClip[] },
  config: LateFusionConfig,
  settings: TrainingSettings,
): Promise<Float32Array> {
  const folder = join(stateFolder, name);
  mkdirSync(folder, { recursive: true });
  const parameters = Parameters.initialize(lateFusionParameters(config), random.split(name));
  const logits = (clips: readonly EgteaClip[]) => {
    const rows = clips.map(({ id }) => rowOf(features.rows, features.index.get(id)!));
    const { videoDim } = features;
    const video = tf.tensor2d(rows.map((row) => [...row.subarray(0, videoDim)]));
    const maps = config.depth ? tf.tensor2d(rows.map((row) => [...row.subarray(videoDim)])) : undefined;
    return lateFusion(parameters, config, video, maps);
  };
  const logMetrics = (record: Readonly<Record<string, number>>, step: number) =>
    tracker.logMetrics(
      Object.fromEntries(Object.entries(record).map(([key, value]) => [`${name}/${key}`, value])),
      step,
    );
  await trainTask<EgteaClip[]>(
    { ...context, stateFolder: folder, tracker: { ...tracker, logMetrics } },
    {
      title: name,
      settings,
      parameters: [parameters],
      trainable: parameters.variables,
      numExamples: train.length,
      examples: [train, features.rows.data.reduce((sum, value) => sum + value, 0)],
      loadBatch: async (indices) => indices.map((index) => train[index]),
      loss: (batch) => {
        const labels = tf.tensor1d(
          batch.map(({ action }) => action),
          'int32',
        );
        return { loss: crossEntropy(logits(batch), labels) as Scalar, metrics: {} };
      },
    },
  );
  const scores = valuesOf(() => logits(test));
  parameters.dispose();
  return scores;
}

/** Percent of test clips that the most frequent action of the training clips is right for. */
export function majorityShare(train: readonly EgteaClip[], test: readonly EgteaClip[]): number {
  const counts = new Map<number, number>();
  for (const { action } of train) counts.set(action, (counts.get(action) ?? 0) + 1);
  const [most] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
  return (100 * test.filter(({ action }) => action === most).length) / test.length;
}
