import { resolve } from 'node:path';
import { z } from 'zod';
import { gazeReconstruction, GazeTokenizer, sequenceTokenizerConfigSchema } from '@egolab/sequence-tokenizer';
import { readSequences } from '../egom2p/tokenizers/read-sequences.ts';
import { sequenceTokenizerSettings, windowSettings } from '../egom2p/tokenizers/settings.ts';
import { evaluateSequenceTokenizer, trainSequenceTokenizer } from '../egom2p/tokenizers/train-sequence.ts';
import { defineStage } from '../stage.ts';
import { datasetsFolder, worldDataSettings } from '../world-datasets.ts';
import { workspace } from '../workspace.ts';

/** Section 3.2. Gaze becomes 30 tokens a clip, as the camera does; frames in which tracking is lost are masked out. */
export const gazeTokenizer = defineStage({
  name: 'gaze-tokenizer',
  title: 'Gaze tokenizer',
  paper: 'EgoM2P section 3.2',
  params: z.strictObject({
    ...sequenceTokenizerSettings,
    windows: windowSettings,
    /** what the masked loss divides by: valid frames, as released, or valid numbers */
    maskedLoss: z.enum(['per-frame', 'per-coordinate']),
  }),
  sections: { 'egom2p-data': worldDataSettings },
  inputs: { data: 'egom2p-datasets' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss', 'reconstruction', 'commitment'],
  async run(context) {
    const { params, config, inputs, random, out, progress } = context;
    const root = datasetsFolder(config['egom2p-data'], inputs.data, 'egom2p');
    const { train, val } = await readSequences(root, params.windows, ({ gaze }) => gaze, progress);
    const model = sequenceTokenizerConfigSchema.parse({
      ...params.model,
      modality: 'gaze',
    });
    const tokenizer =
      params.weights === null
        ? GazeTokenizer.initialize(model, random.split('weights'))
        : GazeTokenizer.released(model, resolve(workspace.root, params.weights));
    const { metrics, history } =
      params.weights !== null
        ? { metrics: {}, history: [] }
        : await trainSequenceTokenizer(context, tokenizer, train, params.maskedLoss);
    const evaluation = evaluateSequenceTokenizer(tokenizer, val.clips, gazeReconstruction);
    tokenizer.save(out.folder);
    tokenizer.dispose();
    return { metrics: { ...metrics, val: evaluation }, history };
  },
});
