import { resolve } from 'node:path';
import { z } from 'zod';
import {
  cameraReconstruction,
  CameraTokenizer,
  releasedStandardization,
  sequenceTokenizerConfigSchema,
  standardizationOf,
} from '@egolab/sequence-tokenizer';
import { readSequences } from '../egom2p/tokenizers/read-sequences.ts';
import { sequenceTokenizerSettings, windowSettings } from '../egom2p/tokenizers/settings.ts';
import { evaluateSequenceTokenizer, trainSequenceTokenizer } from '../egom2p/tokenizers/train-sequence.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';
import { workspace } from '../workspace.ts';

/**
 * Section 3.2. Camera trajectories become 30 tokens a clip: a Transformer VQ-VAE on the 6D rotation and the translation, z-scored,
 * trained for itself.
 */
export const cameraTokenizer = defineStage({
  name: 'camera-tokenizer',
  title: 'Camera tokenizer',
  paper: 'EgoM2P section 3.2',
  params: z.strictObject({
    ...sequenceTokenizerSettings,
    windows: windowSettings,
    /** of the nine numbers: over the clips that are trained on, or the release's */
    standardization: z.enum(['training-set', 'released']),
  }),
  sections: { 'egom2p-data': worldDataSettings },
  inputs: { data: 'egom2p-datasets' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss', 'reconstruction', 'commitment'],
  async run(context) {
    const { params, config, inputs, random, out, progress } = context;
    const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
    const { train, val } = await readSequences(root, params.windows, ({ camera }) => camera, progress);
    const model = sequenceTokenizerConfigSchema.parse({
      ...params.model,
      modality: 'camera',
    });
    const standardization =
      params.standardization === 'released' ? releasedStandardization : standardizationOf(train.clips);
    const tokenizer =
      params.weights === null
        ? CameraTokenizer.initialize(model, standardization, random.split('weights'))
        : CameraTokenizer.released(model, resolve(workspace.root, params.weights));
    const { metrics, history } =
      params.weights !== null
        ? { metrics: {}, history: [] }
        : await trainSequenceTokenizer(context, tokenizer, train, 'per-frame');
    const evaluation = evaluateSequenceTokenizer(tokenizer, val.clips, cameraReconstruction);
    tokenizer.save(out.folder);
    tokenizer.dispose();
    return { metrics: { ...metrics, val: evaluation }, history };
  },
});
