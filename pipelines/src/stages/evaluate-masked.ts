import { mkdirSync } from 'node:fs';
import { z } from 'zod';
import { egoM2pSources, SkipLog, type EgoM2pSource } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import { trainingMeans } from '../egom2p/model/baselines.ts';
import { evaluateRun, frameSize, latencyOfRun } from '../egom2p/model/evaluate-run.ts';
import { decodingSettings } from '../egom2p/model/settings.ts';
import type { TokenSplit } from '../egom2p/model/tokens.ts';
import { collect, readSources } from '../egom2p/sources.ts';
import { noteSkipped } from '../egom2p/tokenizers/read-sequences.ts';
import { sample } from '../exo2ego/datasets.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const sources = z.array(z.enum(egoM2pSources)).min(1);
const count = z.number().int().positive();

/**
 * Camera tracking, gaze, depth, and colour from depth, on held-out sequences, beside predictors that don't look: the pretrained model on
 * the data sets of its training and on one that it hasn't seen, the post-trained model on the latter.
 */
export const evaluateMasked = defineStage({
  name: 'evaluate-masked',
  title: 'Evaluation of the masked model',
  paper: 'EgoM2P sections 4.1 to 4.5, Tables 2 to 4',
  params: z.strictObject({
    sources,
    unseen: sources,
    /** held-out clips of each of the two; null: all */
    maxClips: count.nullable(),
    /** training clips of which the predictors that don't look are made; null: all */
    maxTrainingClips: count.nullable(),
    decoding: decodingSettings,
    /** clips of each whose predictions are written, to look at */
    examples: z.number().int().min(0),
  }),
  sections: { 'egom2p-data': worldDataSettings },
  inputs: { data: 'egom2p-datasets', pretrained: 'masked-pretrain', postTrained: 'post-train' },
  outputs: ['examples'],
  async run({ params, config, inputs, seed, random, out, progress }) {
    const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
    const read = async (names: readonly EgoM2pSource[], split: TokenSplit, limit: number | null, draw: Random) => {
      const log = new SkipLog();
      const clips = await collect(readSources(names, { root, split, log }));
      noteSkipped(log, progress);
      return sample(clips, limit, draw);
    };
    const training = await read(params.sources, 'train', params.maxTrainingClips, random.split('training clips'));
    const means = await trainingMeans(training, frameSize(inputs.pretrained));
    const common = { means, decoding: params.decoding, seed };
    const heldOut = { ...common, clips: await read(params.sources, 'val', params.maxClips, random.split('held out')) };
    const unseen = { ...common, clips: await read(params.unseen, 'val', params.maxClips, random.split('unseen')) };
    const into = (name: string) => ({ examples: { count: params.examples, folder: out.path(`examples/${name}`) } });
    mkdirSync(out.path('examples'));
    return {
      metrics: {
        held_out: { pretrained: await evaluateRun(inputs.pretrained, { ...heldOut, ...into('held_out') }, progress) },
        unseen: {
          pretrained: await evaluateRun(inputs.pretrained, unseen, progress),
          post_trained: await evaluateRun(inputs.postTrained, { ...unseen, ...into('unseen') }, progress),
        },
        camera_seconds: await latencyOfRun(inputs.pretrained, heldOut),
      },
    };
  },
});
