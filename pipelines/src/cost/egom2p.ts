import type { z } from 'zod';
import { clipTiming, SkipLog, trainingSources } from '@egolab/ego-data';
import {
  MaskedModel,
  maskedModelConfigSchema,
  maskedModelParameters,
  maskTokens,
  modalityNames,
  numTokens,
  type TokenModalities,
} from '@egolab/masked-model';
import { tf } from '@egolab/runtime';
import {
  CameraTokenizer,
  GazeTokenizer,
  numTokens as sequenceTokens,
  releasedStandardization,
  sequenceTokenizerConfigSchema,
  sequenceTokenizerParameters,
} from '@egolab/sequence-tokenizer';
import { padVideo, VideoTokenizer, videoTokenizerParameters } from '@egolab/video-tokenizer';
import type { MaskedModelSettings } from '../egom2p/model/settings.ts';
import { tokenFormats, openTokens } from '../egom2p/model/tokens.ts';
import { maskedTask } from '../egom2p/model/train-masked-model.ts';
import { collect, readSources, spread } from '../egom2p/sources.ts';
import { readSequences } from '../egom2p/tokenizers/read-sequences.ts';
import { sequenceTokenizerTask } from '../egom2p/tokenizers/train-sequence.ts';
import { videoExamples } from '../egom2p/tokenizers/video-clips.ts';
import { silentProgress } from '../progress.ts';
import { cameraTokenizer } from '../stages/camera-tokenizer.ts';
import { gazeTokenizer } from '../stages/gaze-tokenizer.ts';
import { maskedPretrain } from '../stages/masked-pretrain.ts';
import { postTrain } from '../stages/post-train.ts';
import { videoTokenizer, videoTokenizerTask } from '../stages/video-tokenizer.ts';
import { datasetsFolder } from '../world-datasets.ts';
import { finished, ifHere, planOf, samplesOf, stepOf, type PlannedTraining, type StagePlan } from './planned.ts';
import type { Config } from '../configuration.ts';

const GIVEN = { notTrained: 'its weights are given' };

const cameraPlan = planOf(cameraTokenizer, async ({ params, config, inputs }) => {
  if (params.weights !== null) return GIVEN;
  const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
  const read = await ifSources(inputs.data, () =>
    readSequences(root, params.windows, ({ camera }) => camera, silentProgress),
  );
  const model = sequenceTokenizerConfigSchema.parse({ ...params.model, modality: 'camera' });
  return {
    ...samplesOf(read?.train.clips.length, { from: 'egom2p-datasets' }),
    schedule: params.training,
    tokensPerSample: sequenceTokens(model),
    build(make, gpus) {
      const parameters = make(sequenceTokenizerParameters(model));
      const tokenizer = new CameraTokenizer(model, parameters, releasedStandardization);
      const clip = new Float32Array(model.numFrames * 9).fill(0.5);
      return stepOf(sequenceTokenizerTask(tokenizer, params, 'per-frame'), gpus, (n) =>
        tokenizer.input(Array.from({ length: n }, () => clip)),
      );
    },
  };
});

const gazePlan = planOf(gazeTokenizer, async ({ params, config, inputs }) => {
  if (params.weights !== null) return GIVEN;
  const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
  const read = await ifSources(inputs.data, () =>
    readSequences(root, params.windows, ({ gaze }) => gaze, silentProgress),
  );
  const model = sequenceTokenizerConfigSchema.parse({ ...params.model, modality: 'gaze' });
  return {
    ...samplesOf(read?.train.clips.length, { from: 'egom2p-datasets' }),
    schedule: params.training,
    tokensPerSample: sequenceTokens(model),
    build(make, gpus) {
      const tokenizer = new GazeTokenizer(model, make(sequenceTokenizerParameters(model)));
      const xy = new Float32Array(model.numFrames * 2).fill(0.5);
      const valid = new Uint8Array(model.numFrames).fill(1);
      return stepOf(sequenceTokenizerTask(tokenizer, params, params.maskedLoss), gpus, (n) =>
        tokenizer.input(Array.from({ length: n }, () => ({ xy, valid }))),
      );
    },
  };
});

const videoPlan = planOf(videoTokenizer, async ({ params, config, inputs }) => {
  if (params.weights !== null) return GIVEN;
  const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
  const read = await ifSources(inputs.data, async () =>
    videoExamples(
      spread(
        await collect(readSources(trainingSources, { root, split: 'train', log: new SkipLog() })),
        params.maxTrainingClips,
      ),
    ),
  );
  const { frames, side } = params.crop;
  return {
    ...samplesOf(read?.length, { from: 'egom2p-datasets' }),
    schedule: params.training,
    build(make, gpus) {
      const tokenizer = new VideoTokenizer(params.model, make(videoTokenizerParameters(params.model)));
      return stepOf(videoTokenizerTask(tokenizer, params), gpus, (n) =>
        tf.tidy(() => padVideo(tf.fill([n, frames, side, side, 3], 0.5))),
      );
    },
  };
});

/** What is read of the sources, where stage `egom2p-datasets` has run. */
async function ifSources<T>(stage: string, read: () => Promise<T>): Promise<T | undefined> {
  return finished(stage) ? ifHere(read) : undefined;
}

/** The modalities' tokens, as stage `tokenize` will make them. */
function formatsOf(config: Config, make: Parameters<PlannedTraining['build']>[0]): TokenModalities {
  const parametersOf = <Stage extends { name: string; params: z.ZodType }>(stage: Stage) =>
    config[stage.name] as z.output<Stage['params']>;
  const { size } = config['egom2p-video'] as { size: number };
  const sequence = ({ model }: { model: Parameters<typeof sequenceTokens>[0] & { codebookSize: number } }) => ({
    vocabularySize: model.codebookSize,
    shape: [sequenceTokens(model)] as [number],
  });
  const tokenizer = new VideoTokenizer(parametersOf(videoTokenizer).model, make({}));
  const video = {
    vocabularySize: tokenizer.codebookSize,
    shape: tokenizer.tokenShape({ frames: clipTiming.videoFrames, height: size, width: size }),
  };
  return {
    tok_cam: sequence(parametersOf(cameraTokenizer) as never),
    tok_depth: video,
    tok_gaze: sequence(parametersOf(gazeTokenizer) as never),
    tok_rgb: video,
  };
}

/** What pretraining and post-training share. */
function maskedPlan(params: z.output<typeof postTrain.params>, config: Config, tokens: string): PlannedTraining {
  const here = finished(tokens);
  const formats = here ? tokenFormats(tokens, 'train') : undefined;
  const stream = formats && openTokens(tokens, 'train', params.sources, formats, config.seed).mixture;
  const count = samplesOf(params.samplesPerEpoch ?? stream?.length, { from: 'tokenize' });
  const { numInputTokens, numTargetTokens } = params.masking;
  return {
    numExamples: count.numExamples,
    schedule: params.training,
    notes: [
      ...count.notes,
      ...(here ? [] : ['every clip has all modalities']),
      'tokens: the budget, of which short clips leave some',
    ],
    tokensPerSample: numInputTokens + numTargetTokens,
    build(make, gpus) {
      const modalities = formats ?? formatsOf(config, make);
      const { embeddings: _, ...size } = config['masked-model'] as MaskedModelSettings;
      const model = maskedModelConfigSchema.parse({ ...size, modalities });
      const parameters = make(maskedModelParameters(model));
      const masked = new MaskedModel(model, parameters);
      const trainable = { model: masked, parameters, dispose: () => masked.dispose() };
      const clip = (i: number) => stream?.read(i) ?? { ...standInClip(modalities), key: `${i}`, visit: 0 };
      const step = stepOf(maskedTask('masked model', trainable, params), gpus, (n) =>
        Array.from({ length: n }, (_, i) => {
          const { tokens, source, key, visit } = clip(i);
          return maskTokens(tokens, modalities, params.masking, { seed: config.seed, source, key, visit });
        }),
      );
      return { ...step, dispose: () => masked.dispose() };
    },
  };
}

/** A clip that has every modality. */
function standInClip(modalities: TokenModalities) {
  const tokens = modalityNames(modalities).map((name) => [name, new Int32Array(numTokens(modalities[name]))]);
  return { tokens: Object.fromEntries(tokens) as Record<string, Int32Array>, source: 'stand-in' };
}

const maskedPretrainPlan = planOf(maskedPretrain, async ({ params, inputs, whole }) =>
  maskedPlan(params, whole, inputs.tokens),
);

const postTrainPlan = planOf(postTrain, async ({ params, inputs, whole }) => maskedPlan(params, whole, inputs.tokens));

export const egom2pPlans: readonly StagePlan[] = [cameraPlan, gazePlan, videoPlan, maskedPretrainPlan, postTrainPlan];
