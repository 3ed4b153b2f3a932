import { z } from 'zod';
import { trainingSources } from '@egolab/ego-data';
import { UserError } from '@egolab/foundation';
import { maskedModelConfigSchema } from '@egolab/masked-model';
import { embedCodes } from '../egom2p/model/code-embeddings.ts';
import { createMaskedModel, saveMaskedModel } from '../egom2p/model/masked-model-files.ts';
import { maskedModelSettings, maskedTrainingSettings } from '../egom2p/model/settings.ts';
import { openTokens, tokenFormats } from '../egom2p/model/tokens.ts';
import { trainMaskedModel } from '../egom2p/model/train-masked-model.ts';
import { defineStage } from '../stage.ts';

/**
 * Multimodal masked pretraining. Clips are drawn from the data sets in proportion to their size; of each some tokens of its
 * modalities are seen and others predicted.
 */
export const maskedPretrain = defineStage({
  name: 'masked-pretrain',
  title: 'Multimodal masked pretraining',
  paper: 'EgoM2P section 3.3',
  params: z.strictObject({
    ...maskedTrainingSettings,
    /** data sets of Table 1 that are trained on */
    sources: z.array(z.enum(trainingSources)).min(1),
  }),
  sections: { 'masked-model': maskedModelSettings },
  inputs: {
    tokens: 'tokenize',
    camera: 'camera-tokenizer',
    gaze: 'gaze-tokenizer',
    video: 'video-tokenizer',
  },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss', 'tok_cam', 'tok_depth', 'tok_gaze', 'tok_rgb'],
  async run(context) {
    const { params, config, inputs, out, seed, random } = context;
    const modalities = tokenFormats(inputs.tokens, 'train');
    const { embeddings, ...size } = config['masked-model'];
    const model = maskedModelConfigSchema.safeParse({ ...size, modalities });
    if (!model.success) throw new UserError({ what: z.prettifyError(model.error), where: 'masked-model' });
    const masked = createMaskedModel(model.data, random.split('masked model'));
    const tokenizers = { camera: inputs.camera, gaze: inputs.gaze, video: inputs.video };
    if (embeddings === 'codes') embedCodes(masked, tokenizers, size.embeddingStd, random.split('code embeddings'));
    const stream = openTokens(inputs.tokens, 'train', params.sources, modalities, seed);
    const result = await trainMaskedModel(context, 'masked pretraining', masked, stream, params);
    saveMaskedModel(out.folder, masked, tokenizers);
    masked.dispose();
    return result;
  },
});
