import { z } from 'zod';
import { egoM2pSources } from '@egolab/ego-data';
import { loadMaskedModel, saveMaskedModel } from '../egom2p/model/masked-model-files.ts';
import { maskedTrainingSettings } from '../egom2p/model/settings.ts';
import { openTokens } from '../egom2p/model/tokens.ts';
import { trainMaskedModel } from '../egom2p/model/train-masked-model.ts';
import { defineStage } from '../stage.ts';

/** Post-training: the pretrained model goes on with the same loss on data that it has not seen. */
export const postTrain = defineStage({
  name: 'post-train',
  title: 'Post-training on an unseen data set',
  paper: 'EgoM2P section 4.5',
  params: z.strictObject({
    ...maskedTrainingSettings,
    /** data sets that pretraining left out */
    sources: z.array(z.enum(egoM2pSources)).min(1),
  }),
  sections: {},
  inputs: { tokens: 'tokenize', pretrained: 'masked-pretrain' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss', 'tok_cam', 'tok_depth', 'tok_gaze', 'tok_rgb'],
  async run(context) {
    const { params, inputs, out, seed } = context;
    const masked = loadMaskedModel(inputs.pretrained);
    const { modalities } = masked.model.config;
    const stream = openTokens(inputs.tokens, 'train', params.sources, modalities, seed);
    const result = await trainMaskedModel(context, 'post-training', masked, stream, params);
    saveMaskedModel(out.folder, masked, masked.tokenizers);
    masked.dispose();
    return result;
  },
});
