import { resolve } from 'node:path';
import { depthDecoderConfigSchema, depthDecoderParameters } from '@egolab/depth-decoder';
import { dualEncoderConfigSchema, dualEncoderParameters, withVariant } from '@egolab/dual-encoder';
import { loadTokenizer } from '@egolab/tokenizers';
import { WHOLE } from '../egodtm/crop.ts';
import { egoClipFolder, readTrainingClips } from '../egodtm/engine/clips.ts';
import { resolveFromRoot } from '../egodtm/engine/paths.ts';
import type { EgoDtm } from '../egodtm/model.ts';
import { depthResolution, type PretrainingSample } from '../egodtm/pretraining.ts';
import type { EgoDtmModelsSettings } from '../egodtm/settings.ts';
import { depthPretrain, depthPretrainTask } from '../stages/depth-pretrain.ts';
import {
  cycled,
  ifHere,
  planOf,
  samplesOf,
  STAND_IN_TEXTS,
  stepOf,
  type MakeParameters,
  type StagePlan,
} from './planned.ts';
import { standInTexts } from './texts.ts';

/** The model before pretraining, as `createEgoDtm` does it, without its files. */
function standInModel(settings: EgoDtmModelsSettings, tokenizer: EgoDtm['tokenizer'], make: MakeParameters): EgoDtm {
  const { variant, vision, text, projectionDim } = settings;
  const config = withVariant(
    dualEncoderConfigSchema.parse({
      vision_config: vision,
      text_config: { ...text, eos_token_id: tokenizer.eosId },
      projection_dim: projectionDim,
    }),
    variant,
  );
  const decoderConfig = depthDecoderConfigSchema.parse({ ...settings.depthDecoder, inputDim: vision.hidden_size });
  const [encoder, decoder] = [make(dualEncoderParameters(config)), make(depthDecoderParameters(decoderConfig))];
  return { config, encoder, tokenizer, decoderConfig, decoder };
}

const depthPretrainPlan = planOf(depthPretrain, async ({ params, config, inputs, whole: { seed } }) => {
  const settings = config['egodtm-models'];
  const data = config['egodtm-data'];
  const clips = await ifHere(async () => (await readTrainingClips(egoClipFolder(data, inputs.data))).clips);
  const standIn = standInTexts(data.world, settings.text.vocab_size, seed);
  const folder = settings.tokenizer === null ? undefined : resolve(resolveFromRoot(settings.tokenizer));
  const own = folder === undefined ? undefined : await ifHere(() => loadTokenizer(folder));
  const from = 'egodtm-datasets';
  const count = samplesOf(clips?.length, { from, paper: data.root !== null && depthPretrain.name });
  const captions = clips?.length ? clips.map(({ text }) => text) : standIn.captions;
  // of no length: nothing is copied into the pixels, gigabytes of zeros a batch that nobody reads
  const frames = new Uint8Array(0);
  // any crop but the whole frame: that would skip the resizing where it is of the encoder's size already
  const crop = params.augmentation.cropScale ? { ...WHOLE, bottom: 0.9, right: 0.9 } : WHOLE;
  return {
    numExamples: count.numExamples,
    schedule: params.training,
    notes: [
      ...count.notes,
      ...(clips?.length ? [] : [STAND_IN_TEXTS]),
      'a device contrasts its own share of the batch; every clip has a depth target',
    ],
    build(make, gpus) {
      const model = standInModel(settings, own ?? standIn.tokenizer, make);
      const { time, side } = depthResolution(model);
      const depth = new Float32Array(time * side * side);
      return stepOf(depthPretrainTask(model, params), gpus, (n) =>
        cycled(captions, n).map((caption): PretrainingSample => ({ frames, crop, caption, depth })),
      );
    },
  };
});

export const egodtmPlans: readonly StagePlan[] = [depthPretrainPlan];
