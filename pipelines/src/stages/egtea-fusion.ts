import { join } from 'node:path';
import { z } from 'zod';
import { scoreEgtea } from '@egolab/benchmarks';
import type { LateFusionConfig } from '@egolab/depth-decoder';
import { readEgteaActions, readEgteaSplit } from '@egolab/ego-data';
import { encoderReader, joined } from '../egodtm/frozen.ts';
import { actionFeatures, majorityShare, trainedScores } from '../egodtm/fusion.ts';
import { openEgoDtm } from '../egodtm/model.ts';
import { OUTCOMES, writeOutcomes } from '../egodtm/outcomes.ts';
import { egoDtmModelsSettings } from '../egodtm/settings.ts';
import { EGTEA_SPLITS, egteaHits } from '../egodtm/zero-shot.ts';
import { trainingSettings } from '../exo2ego/settings.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const count = z.number().int().positive();

/**
 * Action recognition on EGTEA with predicted depth (Table 7): on the frozen model, a linear classifier of the video embedding, and
 * one beside which a simple MLP encodes the decoder's depth maps (late fusion). Trained and tested on each of the three splits.
 */
export const egteaFusion = defineStage({
  name: 'egtea-fusion',
  title: 'Action recognition with predicted depth',
  paper: 'EgoDTM section 4.4, Table 7',
  params: z.strictObject({
    /** the MLP of the depth maps */
    depth: z.strictObject({ hiddenDim: count, outputDim: count }),
    /** of each classifier */
    training: trainingSettings,
    /** bytes of decoded clips kept on disk */
    cacheBytes: count,
  }),
  sections: { 'egodtm-data': worldDataSettings, 'egodtm-models': egoDtmModelsSettings },
  inputs: { data: 'egodtm-datasets', model: 'depth-pretrain' },
  outputs: [OUTCOMES],
  async run(context) {
    const { params, config, inputs, out, progress, signal } = context;
    const model = openEgoDtm(inputs.model);
    const reader = encoderReader(model, config['egodtm-models'].sampler, params.cacheBytes);
    const folder = join(datasetsFolder(config['egodtm-data'], inputs.data, 'egodtm'), 'egtea');
    const classes = readEgteaActions(folder).length;
    const splits = EGTEA_SPLITS.map((split) => ({
      train: readEgteaSplit(folder, split, classes, 'train'),
      test: readEgteaSplit(folder, split, classes, 'test'),
    }));
    const all = splits.flatMap(({ train, test }) => [train, test]);
    const features = await actionFeatures({ model, reader, progress }, folder, all);
    const { videoDim, rows } = features;
    const heads: Record<'rgb' | 'rgbDepth', LateFusionConfig> = {
      rgb: { videoDim, numClasses: classes, depth: null },
      rgbDepth: { videoDim, numClasses: classes, depth: { size: rows.width - videoDim, ...params.depth } },
    };
    const tests = splits.map(({ test }) => test);
    const scored = async (modality: keyof typeof heads) => {
      const parts: Float32Array[] = [];
      for (const [i, split] of splits.entries()) {
        signal.throwIfAborted();
        const name = `${modality}-split${i + 1}`;
        parts.push(await trainedScores(context, name, features, split, heads[modality], params.training));
      }
      return joined(parts, tests.flat().length).data;
    };
    const [rgb, rgbDepth] = [await scored('rgb'), await scored('rgbDepth')];
    writeOutcomes(out, {
      'rgb.top1_acc': egteaHits(rgb, tests, classes),
      'rgbDepth.top1_acc': egteaHits(rgbDepth, tests, classes),
    });
    model.encoder.dispose();
    model.decoder.dispose();
    const majority = splits.reduce((sum, { train, test }) => sum + majorityShare(train, test), 0) / splits.length;
    return {
      metrics: {
        rgb: scoreEgtea(rgb, tests, classes),
        rgbDepth: scoreEgtea(rgbDepth, tests, classes),
        chance_top1: 100 / classes,
        majority_top1: majority,
        n: tests.flat().length,
        classes,
      },
    };
  },
});
