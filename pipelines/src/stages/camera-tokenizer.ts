import { z } from 'zod';
import {
  cameraReconstruction,
  CameraTokenizer,
  releasedStandardization,
  standardizationOf,
} from '@egolab/sequence-tokenizer';
import {
  runSequenceTokenizer,
  sequenceTokenizerFrame,
  sequenceTokenizerParams,
} from '../egom2p/tokenizers/sequence-tokenizer-stage.ts';
import { defineStage } from '../stage.ts';

/**
 * Section 3.2. Camera trajectories become 30 tokens a clip: a Transformer VQ-VAE on the 6D rotation and the translation, z-scored,
 * trained for itself.
 */
export const cameraTokenizer = defineStage({
  ...sequenceTokenizerFrame,
  name: 'camera-tokenizer',
  title: 'Camera tokenizer',
  params: z.strictObject({
    ...sequenceTokenizerParams,
    /** of the nine numbers: over the clips that are trained on, or the release's */
    standardization: z.enum(['training-set', 'released']),
  }),
  run(context) {
    const { params, random } = context;
    return runSequenceTokenizer(context, {
      name: 'camera',
      of: ({ camera }) => camera,
      initialize(config, training) {
        const standardization =
          params.standardization === 'released' ? releasedStandardization : standardizationOf(training);
        return CameraTokenizer.initialize(config, standardization, random.split('weights'));
      },
      released: (config, weights) => CameraTokenizer.released(config, weights),
      maskedReduction: 'per-frame',
      reconstruction: cameraReconstruction,
    });
  },
});
