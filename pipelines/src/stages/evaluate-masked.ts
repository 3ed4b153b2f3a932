import { z } from 'zod';
import { egoM2pSources, SkipLog, type EgoM2pSource } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import { trainingMeans } from '../egom2p/model/baselines.ts';
import { evaluateRun, frameSize, latencyOfRun, prefixed, writeExamples } from '../egom2p/model/evaluate-run.ts';
import { evaluationPictures } from '../egom2p/model/evaluation-pictures.ts';
import { decodingSettings, drawSettings } from '../egom2p/model/settings.ts';
import type { TokenSplit } from '../egom2p/model/tokens.ts';
import { collect, keepingVideos, readSources } from '../egom2p/sources.ts';
import { noteSkipped } from '../egom2p/tokenizers/read-sequences.ts';
import { sample } from '../exo2ego/datasets.ts';
import { pictureOutputs, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const sources = z.array(z.enum(egoM2pSources)).min(1);
const count = z.number().int().positive();

/**
 * Camera tracking, gaze, depth, and colour from depth, on held-out sequences, beside predictors that don't look: the pretrained model on
 * the data sets of its training and on one that it hasn't seen, the post-trained model on the latter. `outcomes.json` has every metric's
 * value of every clip.
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
    draws: drawSettings,
    /** clips of each task whose predictions are written, to look at */
    examples: z.number().int().min(0),
    /** decoded videos that are kept in memory: every task looks at them again */
    cacheBytes: count,
  }),
  sections: { 'egom2p-data': worldDataSettings },
  inputs: { data: 'egom2p-datasets', pretrained: 'masked-pretrain', postTrained: 'post-train' },
  outputs: ['examples', 'outcomes.json', ...pictureOutputs],
  async run({ params, config, inputs, seed, random, out, progress }) {
    const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
    const read = async (names: readonly EgoM2pSource[], split: TokenSplit, limit: number | null, draw: Random) => {
      const log = new SkipLog();
      const clips = await collect(readSources(names, { root, split, log }));
      noteSkipped(log, progress);
      // in reading order: clips of a recording that come together are one pass over its video
      const drawn = new Set(sample(clips, limit, draw));
      return keepingVideos(
        clips.filter((clip) => drawn.has(clip)),
        params.cacheBytes,
      );
    };
    const { decoding, draws, examples } = params;
    const size = frameSize(inputs.pretrained);
    const training = await read(params.sources, 'train', params.maxTrainingClips, random.split('training clips'));
    const common = { means: await trainingMeans(training, size), decoding, draws, examples, seed };
    const heldOut = { ...common, clips: await read(params.sources, 'val', params.maxClips, random.split('held out')) };
    const unseen = { ...common, clips: await read(params.unseen, 'val', params.maxClips, random.split('unseen')) };
    const runs = {
      known: await evaluateRun(inputs.pretrained, heldOut, progress),
      before: await evaluateRun(inputs.pretrained, unseen, progress),
      after: await evaluateRun(inputs.postTrained, unseen, progress),
    };
    await writeExamples(runs.known.examples, size, out.path('examples/held_out'));
    await writeExamples(runs.after.examples, size, out.path('examples/unseen'));
    const compared = { pretrained: runs.before.examples, postTrained: runs.after.examples };
    writePictures(out, evaluationPictures(size, runs.known.examples, compared));
    const outcomes = {
      ...prefixed('held_out.pretrained', runs.known.outcomes),
      ...prefixed('unseen.pretrained', runs.before.outcomes),
      ...prefixed('unseen.post_trained', runs.after.outcomes),
    };
    out.write('outcomes.json', `${JSON.stringify(outcomes)}\n`);
    return {
      metrics: {
        held_out: { pretrained: runs.known.metrics },
        unseen: { pretrained: runs.before.metrics, post_trained: runs.after.metrics },
        camera_seconds: await latencyOfRun(inputs.pretrained, heldOut),
      },
    };
  },
});
