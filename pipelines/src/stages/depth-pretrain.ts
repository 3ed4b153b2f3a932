import { join } from 'node:path';
import { z } from 'zod';
import { clampLogitScale } from '@egolab/dual-encoder';
import { ClipReader } from '@egolab/video';
import { openDepthTargets, readCaptions } from '../egodtm/clip-files.ts';
import { cropDepth, randomCrop, WHOLE } from '../egodtm/crop.ts';
import { egoClipFolder, readTrainingClips } from '../egodtm/engine/clips.ts';
import { noteSkipped } from '../egodtm/engine/skipped.ts';
import { createEgoDtm, MODEL_FILES, saveEgoDtm, type EgoDtm } from '../egodtm/model.ts';
import {
  chooseCaption,
  depthResolution,
  lossSettings,
  pretrainingLoss,
  type PretrainingSample,
} from '../egodtm/pretraining.ts';
import { egoDtmModelsSettings } from '../egodtm/settings.ts';
import { trainingSettings } from '../exo2ego/settings.ts';
import { trainTask, type ModelTask } from '../exo2ego/training.ts';
import { warm } from '../egodtm/warm.ts';
import { defineStage } from '../stage.ts';
import { workspace } from '../workspace.ts';
import { worldDataSettings } from '../world-datasets.ts';

const params = z.strictObject({
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
});

/** Equation 7 over each global batch. */
export function depthPretrainTask(
  model: EgoDtm,
  { training, losses, temperature, augmentation }: z.output<typeof params>,
): ModelTask<PretrainingSample[]> {
  const trained = [model.encoder, ...(losses.depth ? [model.decoder] : [])].flatMap(({ variables }) => [...variables]);
  return {
    title: 'depth-pretrain',
    // the loss runs the local batches itself, since each sample is compared with all of the global batch
    settings: { ...training, localBatchSize: training.globalBatchSize },
    parameters: [model.encoder, model.decoder],
    trainable: new Map(trained.filter(([name]) => name !== 'logit_scale' || temperature === 'learned')),
    loss: (batch) =>
      pretrainingLoss(model, batch, {
        losses,
        frameSize: augmentation.frameSize,
        localBatchSize: training.localBatchSize,
        gradientCheckpointing: training.gradientCheckpointing,
        attention: training.attention,
      }),
    updateBuffers: () => clampLogitScale(model.encoder),
  };
}

/**
 * 3D-aware video-language pretraining. The dual encoder learns from captions, original or enriched, and through the decoder
 * from depth; only the dual encoder is used afterwards.
 */
export const depthPretrain = defineStage({
  name: 'depth-pretrain',
  title: '3D-aware video-language pretraining',
  paper: 'EgoDTM section 3.4',
  params,
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
    const task = depthPretrainTask(model, params);
    const result = await trainTask(context, {
      ...task,
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
    });
    saveEgoDtm(out.folder, model);
    for (const each of task.parameters) each.dispose();
    return result;
  },
});
