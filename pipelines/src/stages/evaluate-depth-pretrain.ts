import { join } from 'node:path';
import { z } from 'zod';
import { ClipReader } from '@egolab/video';
import { decoderDepth } from '../egodtm/depth-evaluation.ts';
import { egoClipFolder } from '../egodtm/engine/clips.ts';
import { openEgoDtm } from '../egodtm/model.ts';
import { egoDtmModelsSettings } from '../egodtm/settings.ts';
import { egoMcq, egtea, ek100Retrieval, type ZeroShot } from '../egodtm/zero-shot.ts';
import { defineStage, type Metrics } from '../stage.ts';
import { workspace } from '../workspace.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const benchmarks = ['ek100', 'egomcq', 'egtea', 'depth'] as const;

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
    /** bytes of decoded clips kept on disk */
    cacheBytes: z.number().int().positive(),
  }),
  sections: { 'egodtm-data': worldDataSettings, 'egodtm-models': egoDtmModelsSettings },
  inputs: { data: 'egodtm-datasets', model: 'depth-pretrain' },
  outputs: ['predictions'],
  async run({ params, config, inputs, out, progress, random }) {
    const model = openEgoDtm(inputs.model);
    const { sampler } = config['egodtm-models'];
    const reader = new ClipReader({
      numFrames: model.config.vision_config.num_frames,
      sampler,
      aspect: 'crop',
      size: model.config.vision_config.image_size,
      cacheFolder: join(workspace.root, '.egolab/cache/clips'),
      maxDiskBytes: params.cacheBytes,
    });
    const predictions = { ...out, path: (name: string) => out.path(join('predictions', name)) };
    const zeroShot: ZeroShot = { model, reader, progress, out: predictions };
    const dataset = (name: string) => join(datasetsFolder(config['egodtm-data'], inputs.data, 'egodtm'), name);
    const egoClip = egoClipFolder(config['egodtm-data'], inputs.data);
    const run: Record<(typeof benchmarks)[number], () => Promise<Metrics>> = {
      ek100: () => ek100Retrieval(zeroShot, dataset('ek100'), random.split('ek100')),
      egomcq: () => egoMcq(zeroShot, egoClip),
      egtea: () => egtea(zeroShot, dataset('egtea'), params.templates),
      depth: () => decoderDepth(model, reader, egoClip, { sampler }, predictions, progress),
    };
    const metrics: Record<string, Metrics> = {};
    for (const name of benchmarks.filter((each) => params.benchmarks.includes(each))) metrics[name] = await run[name]();
    model.encoder.dispose();
    model.decoder.dispose();
    return { metrics };
  },
});
