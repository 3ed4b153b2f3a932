import { resolve } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { clipTiming, SkipLog, trainingSources } from '@egolab/ego-data';
import { reconstructionLoss, VideoTokenizer, videoTokenizerConfigSchema } from '@egolab/video-tokenizer';
import type { TokenSplit } from '../egom2p/model/tokens.ts';
import { collect, readSources, spread } from '../egom2p/sources.ts';
import { evaluateVideoTokenizer } from '../egom2p/tokenizers/evaluate-video.ts';
import { noteSkipped } from '../egom2p/tokenizers/read-sequences.ts';
import { tokenizerTraining, videoSettings } from '../egom2p/tokenizers/settings.ts';
import { VideoClips, videoExamples } from '../egom2p/tokenizers/video-clips.ts';
import { trainTask, type ModelTask } from '../exo2ego/training.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';
import { workspace } from '../workspace.ts';

const count = z.number().int().positive();

const params = z.strictObject({
  model: videoTokenizerConfigSchema,
  /** published weights as safetensors instead of training; null: trained here */
  weights: z.string().nullable(),
  /** boxes of the videos that are trained on: frames, and the side in pixels */
  crop: z.strictObject({
    frames: count.max(clipTiming.videoFrames),
    side: count,
  }),
  training: tokenizerTraining,
  /** clips that it is trained on, spread over all; null: all */
  maxTrainingClips: count.nullable(),
  /** held-out clips, spread over all, that are taken through the tokens and back */
  maxEvaluationClips: count,
  /** decoded videos that are kept in memory */
  cacheBytes: count,
});

/** The tokenizer learns to give back what it is shown. */
export function videoTokenizerTask(
  { parameters }: Pick<VideoTokenizer, 'parameters'>,
  { model, training }: z.output<typeof params>,
): ModelTask<Tensor> {
  const { gradientCheckpointing } = training;
  return {
    title: 'video tokenizer',
    settings: training,
    parameters: [parameters],
    trainable: parameters.variables,
    loss: (x) => ({ loss: reconstructionLoss(parameters, model, x, { gradientCheckpointing }) }),
  };
}

/**
 * Section 3.2: "we adopt Cosmos tokenizers to tokenize RGB and depth streams". The published weights are taken where they are given; else
 * a tokenizer of that architecture learns here from the clips' own colour and depth videos.
 */
export const videoTokenizer = defineStage({
  name: 'video-tokenizer',
  title: 'Video tokenizer',
  paper: 'EgoM2P section 3.2',
  params,
  sections: { 'egom2p-data': worldDataSettings, 'egom2p-video': videoSettings },
  inputs: { data: 'egom2p-datasets' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss'],
  async run(context) {
    const { params, config, inputs, random, out, progress } = context;
    const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
    const log = new SkipLog();
    const read = async (split: TokenSplit, limit: number | null) =>
      videoExamples(spread(await collect(readSources(trainingSources, { root, split, log })), limit));
    const train = await read('train', params.maxTrainingClips);
    const val = await read('val', params.maxEvaluationClips);
    noteSkipped(log, progress);
    const videos = new VideoClips(config['egom2p-video'].size, params.cacheBytes);
    const tokenizer =
      params.weights === null
        ? VideoTokenizer.initialize(params.model, random.split('weights'))
        : VideoTokenizer.released(params.model, resolve(workspace.root, params.weights));
    const { frames, side } = params.crop;
    if (params.weights === null) await videos.readAhead(train);
    const { metrics, history } =
      params.weights === null
        ? await trainTask(context, {
            ...videoTokenizerTask(tokenizer, params),
            numExamples: train.length,
            examples: train.map(({ clip, modality }) => `${clip.source}/${clip.key}/${modality}`),
            loadBatch: (indices, { random }) => {
              const examples = indices.map((index) => train[index]);
              return videos.batch(examples, { frames, height: side, width: side }, random);
            },
          })
        : { metrics: {}, history: [] };
    const evaluation = await evaluateVideoTokenizer(tokenizer, videos, val);
    tokenizer.save(out.folder);
    tokenizer.dispose();
    return { metrics: { ...metrics, val: evaluation }, history };
  },
});
