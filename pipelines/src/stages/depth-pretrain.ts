import { join } from 'node:path';
import { z } from 'zod';
import { clampLogitScale } from '@egolab/dual-encoder';
import { ClipReader } from '@egolab/video';
import { openDepthTargets, readCaptions } from '../egodtm/clip-files.ts';
import { cropDepth, randomCrop, WHOLE } from '../egodtm/crop.ts';
import { egoClipFolder, readTrainingClips } from '../egodtm/engine/clips.ts';
import { noteSkipped } from '../egodtm/engine/skipped.ts';
import { createEgoDtm, MODEL_FILES, saveEgoDtm } from '../egodtm/model.ts';
import {
  chooseCaption,
  depthResolution,
  lossSettings,
  pretrainingLoss,
  type PretrainingSample,
} from '../egodtm/pretraining.ts';
import { egoDtmModelsSettings } from '../egodtm/settings.ts';
import { trainingSettings } from '../exo2ego/settings.ts';
import { trainTask } from '../exo2ego/training.ts';
import { warm } from '../egodtm/warm.ts';
import { defineStage } from '../stage.ts';
import { workspace } from '../workspace.ts';
import { worldDataSettings } from '../world-datasets.ts';

/**
 * 3D-aware video-language pretraining. The dual encoder learns from captions, original or enriched, and through the decoder
 * from depth; only the dual encoder is used afterwards.
 */
export const depthPretrain = defineStage({
  name: 'depth-pretrain',
  title: '3D-aware video-language pretraining',
  paper: 'EgoDTM section 3.4',
  params: z.strictObject({
    training: trainingSettings,
    losses: lossSettings,
    /** whether the temperature is trained; frozen at 0.07 in the released configuration */
    temperature: z.enum(['frozen', 'learned']),
    augmentation: z.strictObject({
      /** side of the decoded frames, out of which crops are taken */
      frameSize: z.number().int().positive(),
      /** smallest and largest share of the area that a random crop keeps; AVION's are 0.5 and 1; null: the whole frame */
      cropScale: z.tuple([z.number().positive().max(1), z.number().positive().max(1)]).nullable(),
    }),
    /** bytes of decoded clips kept on disk */
    cacheBytes: z.number().int().positive(),
  }),
  sections: { 'egodtm-data': worldDataSettings, 'egodtm-models': egoDtmModelsSettings },
  inputs: { data: 'egodtm-datasets', depth: 'pseudo-depth', captions: 'enrich' },
  outputs: MODEL_FILES,
  history: ['loss', 'contrast', 'accuracy', 'depth'],
  async run(context) {
    const { params, config, inputs, out, progress, random } = context;
    const { training, losses, augmentation } = params;
    const settings = config['egodtm-models'];
    const { clips, skipped } = await readTrainingClips(egoClipFolder(config['egodtm-data'], inputs.data));
    noteSkipped(progress, 'EgoClip', skipped);
    const originals = clips.map(({ text }) => text);
    const enriched = readCaptions(inputs.captions, originals);
    const targets = openDepthTargets(inputs.depth, clips.length);
    const spoken = [...originals, ...enriched.filter((caption) => caption !== undefined)];
    const model = createEgoDtm(settings, spoken, out.folder, random);
    progress.note(
      `${clips.length} clips, ${spoken.length - clips.length} enriched captions, ${targets.numTargets} depth targets`,
    );

    const reader = new ClipReader({
      numFrames: settings.vision.num_frames,
      sampler: settings.sampler,
      aspect: 'crop',
      size: augmentation.frameSize,
      cacheFolder: join(workspace.root, '.egolab/cache/clips'),
      maxDiskBytes: params.cacheBytes,
    });
    const requests = clips.map(({ video, start, end }) => ({ media: video, start, end }));
    await warm(reader, requests, progress);

    const resolution = depthResolution(model);
    const parameters = [model.encoder, model.decoder];
    const trained = [model.encoder, ...(losses.depth ? [model.decoder] : [])].flatMap(({ variables }) => [
      ...variables,
    ]);
    const result = await trainTask<PretrainingSample[]>(context, {
      title: 'depth-pretrain',
      // the loss runs the local batches itself, since each sample is compared with all of the global batch
      settings: { ...training, localBatchSize: training.globalBatchSize },
      parameters,
      trainable: new Map(trained.filter(([name]) => name !== 'logit_scale' || params.temperature === 'learned')),
      numExamples: clips.length,
      examples: [training.localBatchSize, losses, originals, enriched],
      async loadBatch(indices, { random }) {
        const frames = await reader.readMany(indices.map((index) => requests[index]));
        return indices.map((index, i) => {
          const crop = augmentation.cropScale ? randomCrop(random, augmentation.cropScale) : WHOLE;
          const wanted = losses.depth && targets.has(index);
          return {
            frames: frames[i],
            crop,
            caption: chooseCaption(originals[index], enriched[index], losses.captions, random),
            depth: wanted ? cropDepth(targets.read(index), crop, resolution) : undefined,
          };
        });
      },
      loss: (batch) =>
        pretrainingLoss(model, batch, {
          losses,
          frameSize: augmentation.frameSize,
          localBatchSize: training.localBatchSize,
          gradientCheckpointing: training.gradientCheckpointing,
          attention: training.attention,
        }),
      updateBuffers: () => clampLogitScale(model.encoder),
    });
    saveEgoDtm(out.folder, model);
    for (const each of parameters) each.dispose();
    return result;
  },
});
