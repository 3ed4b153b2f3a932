import { z } from 'zod';
import { PREFIX, pretrainingPrompt, textGeneration, viewVisualTokens } from '@egolab/video-llm';
import { openClips } from '../exo2ego/clips.ts';
import { datasetFolder, exoViews, readEgoExoClip } from '../exo2ego/datasets.ts';
import { languageModelPath, loadExo2Ego, saveExo2Ego } from '../exo2ego/model.ts';
import { sections, trainingSettings } from '../exo2ego/settings.ts';
import { below, trainTask } from '../exo2ego/training.ts';
import { defineStage } from '../stage.ts';

/**
 * Section 4.2. The exocentric encoder, the teacher, adapts to the exocentric clips of Ego-ExoClip. Everything else is
 * frozen; the loss is VTG.
 */
export const stage1 = defineStage({
  name: 'stage1',
  title: 'Teacher self-preparation',
  paper: 'Exo2Ego section 4.2',
  params: z.strictObject({
    training: trainingSettings,
    /** all: every view is an example (Table 1's 1.1 M); best: one example a narration, of its best view; random: of a view drawn anew each time */
    exoViews: z.enum(['all', 'best', 'random']),
  }),
  sections,
  inputs: { data: 'datasets', languageModel: 'text-model', teacher: 'initialize' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss'],
  async run(context) {
    const { params, config, inputs, out, progress } = context;
    const languageModel = languageModelPath(inputs.languageModel);
    const exo2ego = loadExo2Ego(config.models, languageModel, inputs.teacher);
    const { model, vision, language } = exo2ego;
    const pairs = readEgoExoClip(datasetFolder(config.data, inputs.data, 'egoexo4d'), config.data, 'train', progress);
    const examples = pairs.flatMap((pair) => {
      const views = exoViews(pair);
      if (params.exoViews === 'all') return views.map((view) => ({ views: [view], text: pair.text }));
      return [{ views: params.exoViews === 'best' ? views.slice(0, 1) : views, text: pair.text }];
    });
    const clips = openClips(config);
    await clips.warm(
      examples.flatMap(({ views }) => views),
      progress,
    );

    const { gradientCheckpointing, attention } = params.training;
    const result = await trainTask(context, {
      title: 'stage 1',
      settings: params.training,
      parameters: [vision, language.parameters],
      trainable: below(vision, PREFIX.towers.exo),
      numExamples: examples.length,
      examples: examples.map(({ text }) => text),
      async loadBatch(indices, { random }) {
        const batch = indices.map((index) => examples[index]);
        return {
          texts: batch.map(({ text }) => text),
          frames: await clips.read(batch.map(({ views }) => random.choice(views))),
        };
      },
      loss({ texts, frames }) {
        const y = viewVisualTokens(model, 'exo', clips.pixels(frames), { gradientCheckpointing, attention });
        const prompts = texts.map((text) => pretrainingPrompt(language.tokenizer, text));
        return { loss: textGeneration(model, y, prompts, { gradientCheckpointing, attention }).loss };
      },
    });
    saveExo2Ego(out.folder, exo2ego, config.models, languageModel);
    exo2ego.dispose();
    return result;
  },
});
