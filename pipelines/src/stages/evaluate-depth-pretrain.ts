import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { decoderDepth, decoderPicture } from '../egodtm/depth-evaluation.ts';
import { egoClipFolder } from '../egodtm/engine/clips.ts';
import { encoderReader } from '../egodtm/frozen.ts';
import { openEgoDtm } from '../egodtm/model.ts';
import {
  OUTCOMES,
  outcomesBelow,
  PREDICTIONS,
  writeOutcomes,
  writePredictions,
  type Outcomes,
  type Predictions,
} from '../egodtm/outcomes.ts';
import { realFrameDepth } from '../egodtm/real-frames.ts';
import { retrievalPicture } from '../egodtm/retrieval-examples.ts';
import { egoDtmModelsSettings } from '../egodtm/settings.ts';
import { egoMcq, egtea, ek100Retrieval, type BenchmarkResult, type ZeroShot } from '../egodtm/zero-shot.ts';
import { pictureOutputs, writePictures, type StagePicture } from '../pictures.ts';
import { defineStage, type Metrics } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const benchmarks = ['ek100', 'egomcq', 'egtea', 'depth'] as const;

/** What a picture of retrieval shows. */
const SHOWN = { captions: 4, top: 6 };

/**
 * Zero-shot evaluation of the dual encoder (Table 1): EPIC-KITCHENS-100 multi-instance retrieval, EgoMCQ by cosine, EGTEA by
 * class names; and what the decoder learned of depth. Nothing is trained here.
 */
export const evaluateDepthPretrain = defineStage({
  name: 'evaluate-depth-pretrain',
  title: 'Zero-shot evaluation of the dual encoder',
  paper: 'EgoDTM section 4.2, Tables 1 and 4',
  params: z.strictObject({
    benchmarks: z.array(z.enum(benchmarks)).min(1),
    /** sentences around the names of EGTEA's classes, `{}`; LaViLa's are "#C C {}" and "#C {}" */
    templates: z.array(z.string().includes('{}')).min(1),
    /** folder of images `<name>_rgb.jpg` or `.png` whose depth the decoder predicts for a picture; null: none */
    realFrames: z.string().nullable(),
    /** bytes of decoded clips kept on disk */
    cacheBytes: z.number().int().positive(),
  }),
  sections: { 'egodtm-data': worldDataSettings, 'egodtm-models': egoDtmModelsSettings },
  inputs: { data: 'egodtm-datasets', model: 'depth-pretrain' },
  outputs: ['predictions', PREDICTIONS, OUTCOMES, ...pictureOutputs],
  async run({ params, config, inputs, out, progress, random }) {
    const model = openEgoDtm(inputs.model);
    const { sampler } = config['egodtm-models'];
    const reader = encoderReader(model, sampler, params.cacheBytes);
    mkdirSync(out.path('predictions'), { recursive: true });
    const predictions = { ...out, path: (name: string) => out.path(join('predictions', name)) };
    const zeroShot: ZeroShot = { model, reader, progress, out: predictions };
    const dataset = (name: string) => join(datasetsFolder(config['egodtm-data'], inputs.data, 'egodtm'), name);
    const egoClip = egoClipFolder(config['egodtm-data'], inputs.data);
    const pictures: StagePicture[] = [];
    const run: Record<(typeof benchmarks)[number], () => Promise<BenchmarkResult>> = {
      async ek100() {
        const result = await ek100Retrieval(zeroShot, dataset('ek100'), random.split('ek100'), SHOWN);
        pictures.push(await retrievalPicture(zeroShot, result));
        return result;
      },
      egomcq: () => egoMcq(zeroShot, egoClip),
      egtea: () => egtea(zeroShot, dataset('egtea'), params.templates),
      async depth() {
        const result = await decoderDepth(model, reader, egoClip, sampler, progress);
        if (result.columns.length > 0) pictures.push(decoderPicture(result.columns));
        return result;
      },
    };
    const metrics: Record<string, Metrics> = {};
    const outcomes: Outcomes[] = [];
    const answers: Record<string, Predictions[string]> = {};
    for (const name of benchmarks.filter((each) => params.benchmarks.includes(each))) {
      const result = await run[name]();
      metrics[name] = result.metrics;
      outcomes.push(outcomesBelow(name, result.outcomes));
      if (result.answers) answers[name] = result.answers;
    }
    if (params.realFrames !== null) {
      const trainedOn = config['egodtm-data'].root === null ? 'the synthetic world' : config['egodtm-data'].root;
      const real = await realFrameDepth(model, params.realFrames, trainedOn);
      metrics['realFrames'] = real.metrics;
      pictures.push(real.picture);
    }
    writePredictions(out, answers);
    writeOutcomes(out, Object.assign({}, ...outcomes) as Outcomes);
    writePictures(out, pictures);
    model.encoder.dispose();
    model.decoder.dispose();
    return { metrics };
  },
});
