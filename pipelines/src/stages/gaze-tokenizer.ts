import { z } from 'zod';
import { gazeReconstruction, GazeTokenizer } from '@egolab/sequence-tokenizer';
import {
  runSequenceTokenizer,
  sequenceTokenizerFrame,
  sequenceTokenizerParams,
} from '../egom2p/tokenizers/sequence-tokenizer-stage.ts';
import { defineStage } from '../stage.ts';

/** Section 3.2. Gaze becomes 30 tokens a clip, as the camera does; frames in which tracking is lost are masked out. */
export const gazeTokenizer = defineStage({
  ...sequenceTokenizerFrame,
  name: 'gaze-tokenizer',
  title: 'Gaze tokenizer',
  params: z.strictObject({
    ...sequenceTokenizerParams,
    /** what the masked loss divides by: valid frames, as released, or valid numbers */
    maskedLoss: z.enum(['per-frame', 'per-coordinate']),
  }),
  run(context) {
    const { params, random } = context;
    return runSequenceTokenizer(context, {
      name: 'gaze',
      of: ({ gaze }) => gaze,
      initialize: (config) => GazeTokenizer.initialize(config, random.split('weights')),
      released: (config, weights) => GazeTokenizer.released(config, weights),
      maskedReduction: params.maskedLoss,
      reconstruction: gazeReconstruction,
    });
  },
});
