import { join } from 'node:path';
import { z } from 'zod';
import { scoreEgoNlq } from '@egolab/benchmarks';
import { readEgoNlq } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { vslnetConfigSchema, vslnetParameters } from '@egolab/vslnet';
import { encoderReader } from '../egodtm/frozen.ts';
import { openEgoDtm } from '../egodtm/model.ts';
import { nlqVideoFeatures, queryEncoderSettings, queryFeatures } from '../egodtm/nlq-features.ts';
import {
  blindPredictions,
  groundingExamples,
  meanScores,
  namedScores,
  nlqLoss,
  nlqOutcomes,
  nlqPicture,
  predictQueries,
  resultFile,
  type GroundingExample,
} from '../egodtm/nlq.ts';
import { OUTCOMES, writeOutcomes } from '../egodtm/outcomes.ts';
import { spread } from '../egodtm/paint.ts';
import { egoDtmModelsSettings } from '../egodtm/settings.ts';
import { trainingSettings } from '../exo2ego/settings.ts';
import { trainTask } from '../exo2ego/training.ts';
import { pictureOutputs, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const RESULTS = 'egonlq.json';

/** How often blind answers are drawn; their mean is the chance level. */
const BLIND_DRAWS = 50;

/** Queries of the picture. */
const SHOWN = 6;

/** Natural language queries of Ego4D (Table 5): VSLNet is trained on the frozen video encoder's features of each clip. */
export const egoNlq = defineStage({
  name: 'ego-nlq',
  title: 'Natural language queries',
  paper: 'EgoDTM section 4.2, Table 5',
  params: z.strictObject({
    vslnet: vslnetConfigSchema.omit({ videoDim: true, queryDim: true }),
    /** what reads the queries */
    queries: queryEncoderSettings,
    /** video features a second; Ego4D's 30 / 16 */
    featureRate: z.number().positive(),
    /** answers that overlap a better one by more than this (intersection over union) are left out; null, the public code's: none */
    suppressAbove: z.number().min(0).max(1).nullable(),
    /** how long an answer may be: as the `clip`, the public code's, or as the longest `training` window */
    longestAnswer: z.enum(['clip', 'training']),
    training: trainingSettings,
    /** bytes of decoded clips kept on disk */
    cacheBytes: z.number().int().positive(),
  }),
  sections: { 'egodtm-data': worldDataSettings, 'egodtm-models': egoDtmModelsSettings },
  inputs: { data: 'egodtm-datasets', model: 'depth-pretrain' },
  outputs: [RESULTS, OUTCOMES, ...pictureOutputs],
  history: ['loss'],
  async run(context) {
    const { params, config, inputs, out, random, progress } = context;
    const model = openEgoDtm(inputs.model);
    const reader = encoderReader(model, config['egodtm-models'].sampler, params.cacheBytes);
    const root = join(datasetsFolder(config['egodtm-data'], inputs.data, 'egodtm'), 'ego4d-nlq');
    const training = readEgoNlq(join(root, 'nlq_train.json'));
    const queries = readEgoNlq(join(root, 'nlq_val.json'));
    const all = [...training, ...queries];
    const rate = params.featureRate;
    const videos = await nlqVideoFeatures({ model, reader, progress }, root, all, rate);
    const texts = all.map(({ text }) => text).filter((text) => text !== '');
    const features = { videos, words: queryFeatures(params.queries, model, texts), rate };
    const [words] = features.words.values();
    const vslnet = { ...params.vslnet, videoDim: model.config.vision_config.hidden_size, queryDim: words.dim };
    const examples = groundingExamples(training, features, vslnet);
    if (examples.length === 0)
      throw new UserError({ what: 'no query has a text and a window', where: join(root, 'nlq_train.json') });
    progress.note(`${examples.length} of ${training.length} training queries have a text and a window`);
    const parameters = Parameters.initialize(vslnetParameters(vslnet), random.split('vslnet'));
    const result = await trainTask<GroundingExample[]>(context, {
      title: 'VSLNet',
      settings: params.training,
      parameters: [parameters, model.encoder],
      trainable: parameters.variables,
      numExamples: examples.length,
      examples: examples.map(({ query }) => query),
      loadBatch: async (indices) => indices.map((index) => examples[index]),
      loss: (batch, { random }) => nlqLoss(parameters, vslnet, batch, random),
    });
    const longestSeconds =
      params.longestAnswer === 'training'
        ? Math.max(...examples.map(({ query }) => query.end - query.start))
        : undefined;
    const choice = { suppressAbove: params.suppressAbove, longestSeconds };
    const phase = progress.phase('answering queries', queries.length);
    const predictions = predictQueries(parameters, vslnet, queries, features, choice, () => phase.advance());
    phase.end();
    const blind = Array.from({ length: BLIND_DRAWS }, (_, draw) =>
      namedScores(scoreEgoNlq(blindPredictions(queries, training, random.split('blind', draw)), queries)),
    );
    out.write(RESULTS, `${JSON.stringify(resultFile(predictions))}\n`);
    writeOutcomes(out, nlqOutcomes(predictions, queries));
    const asked = queries.filter(({ text }) => text !== '');
    const shown = spread([...predictions.entries()], SHOWN).map(([i, { windows }]) => ({ query: asked[i], windows }));
    writePictures(out, [
      {
        name: 'queries',
        title: 'Answers to queries',
        caption:
          'Each line is a validation clip from beginning to end. Green: the true window; blue, below it: the five predicted ones, the best filled.',
        alt: 'Time lines with true and predicted windows.',
        bytes: nlqPicture(shown),
      },
    ]);
    for (const each of [parameters, model.encoder, model.decoder]) each.dispose();
    return {
      ...result,
      metrics: {
        ...result.metrics,
        ...namedScores(scoreEgoNlq(predictions, queries)),
        chance: meanScores(blind),
        n: predictions.length,
        trainingQueries: examples.length,
        withoutWindow: training.length - examples.length,
      },
    };
  },
});
