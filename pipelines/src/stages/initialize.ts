import { z } from 'zod';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import {
  connectorPrefix,
  PREFIX,
  pretrainingPrompt,
  textGeneration,
  viewVisualTokens,
  type View,
} from '@egolab/video-llm';
import { openClips, type Clips } from '../exo2ego/clips.ts';
import { datasetFolder, readEgoClipPairs, readWeb, type ClipText } from '../exo2ego/datasets.ts';
import { createExo2Ego, languageModelPath, saveExo2Ego, type Exo2Ego } from '../exo2ego/model.ts';
import { sections, trainingSettings } from '../exo2ego/settings.ts';
import { below, trainTask, type ModelTask } from '../exo2ego/training.ts';
import { defineStage } from '../stage.ts';

const params = z.strictObject({
  training: trainingSettings,
  /** "we optimize only the two visual encoders" supposes a trained connector; a random one has to learn with them */
  trainConnector: z.boolean(),
});

/** Each encoder learns from the clips of its own view, exocentric ones first in a batch. */
export function initialTask(
  { model, vision, language }: Exo2Ego,
  { training, trainConnector }: z.output<typeof params>,
  clips: Pick<Clips, 'pixels'>,
): ModelTask<{ batch: Pick<ClipText, 'view' | 'text'>[]; frames: Uint8Array[] }> {
  const connectors = [...new Set([connectorPrefix(model.config, 'ego'), connectorPrefix(model.config, 'exo')])];
  const { gradientCheckpointing, attention } = training;
  return {
    title: 'initialize',
    settings: training,
    parameters: [vision, language.parameters],
    trainable: below(vision, PREFIX.towers.ego, PREFIX.towers.exo, ...(trainConnector ? connectors : [])),
    loss({ batch, frames }) {
      const tokens = (view: View): Tensor[] => {
        const own = frames.filter((_, i) => batch[i].view === view);
        return own.length === 0
          ? []
          : [viewVisualTokens(model, view, clips.pixels(own), { gradientCheckpointing, attention })];
      };
      const prompts = batch.map(({ text }) => pretrainingPrompt(language.tokenizer, text));
      const { loss } = textGeneration(model, tf.concat([...tokens('exo'), ...tokens('ego')], 0), prompts, {
        gradientCheckpointing,
        attention,
      });
      return { loss };
    },
  };
}

/**
 * Section 4.1. Both encoders learn their own kind of video, each from its own data: the exocentric one from captioned web
 * videos and images, the egocentric one from EgoClip. The language model is frozen; the loss is vision-grounded text
 * generation (VTG). One loop trains both, since they meet only in the connector.
 */
export const initialize = defineStage({
  name: 'initialize',
  title: 'Initialization',
  paper: 'Exo2Ego section 4.1',
  params,
  sections,
  inputs: { data: 'datasets', languageModel: 'text-model' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss'],
  async run(context) {
    const { params, config, random, inputs, out, progress } = context;
    const languageModel = languageModelPath(inputs.languageModel);
    const exo2ego = createExo2Ego(config.models, languageModel, random);
    const examples = [
      ...(await readWeb(config.data, inputs.data, progress)),
      ...(await readEgoClipPairs(datasetFolder(config.data, inputs.data, 'egoclip'), progress)),
    ];
    const clips = openClips(config);
    await clips.warm(
      examples.map(({ clip }) => clip),
      progress,
    );

    const result = await trainTask(context, {
      ...initialTask(exo2ego, params, clips),
      numExamples: examples.length,
      examples: examples.map(({ text }) => text),
      async loadBatch(indices) {
        const batch = groupByView(indices.map((index) => examples[index]));
        return { batch, frames: await clips.read(batch.map(({ clip }) => clip)) };
      },
    });
    saveExo2Ego(out.folder, exo2ego, config.models, languageModel);
    exo2ego.dispose();
    return result;
  },
});

/** Exocentric examples first: each encoder then reads its part of a batch at once. */
function groupByView(batch: ClipText[]): ClipText[] {
  return [...batch.filter(({ view }) => view === 'exo'), ...batch.filter(({ view }) => view === 'ego')];
}
