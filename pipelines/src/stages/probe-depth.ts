import { join } from 'node:path';
import { z } from 'zod';
import { depthProbeConfigSchema, depthProbeParameters } from '@egolab/depth-decoder';
import { UserError } from '@egolab/foundation';
import { Parameters } from '@egolab/nn';
import { probeClips, probeReader, type ProbeSample } from '../egodtm/h2o-clips.ts';
import { openEgoDtm } from '../egodtm/model.ts';
import { OUTCOMES, writeOutcomes } from '../egodtm/outcomes.ts';
import { frozenPatches, meanMap, probeLoss, scoreProbe } from '../egodtm/probing.ts';
import { trainingSettings } from '../exo2ego/settings.ts';
import { trainTask } from '../exo2ego/training.ts';
import { pictureOutputs, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';

const count = z.number().int().positive();

/**
 * Depth estimation on H2O (Table 2): a linear layer and an upsampling convolution are trained on the frozen video encoder, on the
 * frames of subjects 1 to 3, and measured on those of subject 4.
 */
export const probeDepth = defineStage({
  name: 'probe-depth',
  title: 'Depth probing on H2O',
  paper: 'EgoDTM section 4.1, Table 2',
  params: z.strictObject({
    head: depthProbeConfigSchema.omit({ inputDim: true }),
    /** frames from one of a clip to its next */
    stride: count,
    /** training clips, drawn by the seed; null: all. Test frames are always all */
    maxTrainingClips: count.nullable(),
    /** metres of one step of H2O's 16-bit maps */
    metresPerUnit: z.number().positive(),
    training: trainingSettings,
    /** bytes of decoded clips, and of their features, kept in memory */
    cacheBytes: count,
  }),
  sections: { 'egodtm-data': worldDataSettings },
  inputs: { data: 'egodtm-datasets', model: 'depth-pretrain' },
  outputs: [OUTCOMES, ...pictureOutputs],
  history: ['loss'],
  async run(context) {
    const { params, config, inputs, out, random, progress } = context;
    const model = openEgoDtm(inputs.model);
    const { hidden_size, num_frames: numFrames, image_size: size } = model.config.vision_config;
    const root = join(datasetsFolder(config['egodtm-data'], inputs.data, 'egodtm'), 'h2o');
    const { stride, maxTrainingClips: maxClips } = params;
    const clips = probeClips(root, 'train', { numFrames, stride, maxClips }, random.split('training clips'));
    const tests = probeClips(root, 'test', { numFrames, stride, maxClips: null }, random);
    const read = probeReader({ size, maxDepth: params.head.maxDepth, ...params });
    const mean = meanMap(clips, read, size);
    if (mean.every((value) => value === 0))
      throw new UserError({
        what: `no training frame has a depth up to ${params.head.maxDepth} m`,
        where: root,
        mend: 'check probe-depth.metresPerUnit: 0.001 when the maps are in millimetres',
      });
    const head = { ...params.head, inputDim: hidden_size };
    const probe = {
      model,
      config: head,
      head: Parameters.initialize(depthProbeParameters(head), random.split('head')),
      patches: frozenPatches(model, params.cacheBytes),
    };
    const result = await trainTask<ProbeSample[]>(context, {
      title: 'depth probe',
      settings: params.training,
      parameters: [probe.head, model.encoder],
      trainable: probe.head.variables,
      numExamples: clips.length,
      examples: clips.map(({ frames }) => [frames[0].sequence, frames[0].frame]),
      loadBatch: async (indices) => indices.map((index) => read(clips[index])),
      loss: (batch) => probeLoss(probe, batch),
    });
    const { metrics, outcomes, picture } = scoreProbe(probe, tests, read, mean, progress);
    writeOutcomes(out, outcomes);
    writePictures(out, [
      {
        name: 'depth-probing',
        title: 'Depth of H2O frames by the probe',
        caption:
          'Columns are test frames of a subject that training did not see. From above: the frame, depth by the probe on the frozen encoder, true depth; near is bright, and both maps have the colours of the truth’s range, so that a wrong scale shows.',
        alt: 'Frames with predicted and true depth maps below each.',
        bytes: picture,
      },
    ]);
    probe.head.dispose();
    model.encoder.dispose();
    model.decoder.dispose();
    return { ...result, metrics: { ...result.metrics, ...metrics, trainingClips: clips.length } };
  },
});
