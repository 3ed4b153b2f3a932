import { z } from 'zod';
import { PREFIX, pretrainingPrompt, textGeneration, viewVisualTokens } from '@egolab/video-llm';
import { openClips, type Clips } from '../exo2ego/clips.ts';
import type { DataSettings } from '../exo2ego/data-settings.ts';
import { datasetFolder, exoViews, readEgoExoClip } from '../exo2ego/datasets.ts';
import { languageModelPath, loadExo2Ego, saveExo2Ego, type Exo2Ego } from '../exo2ego/model.ts';
import { sections, trainingSettings } from '../exo2ego/settings.ts';
import { below, trainTask, type ModelTask } from '../exo2ego/training.ts';
import type { Progress } from '../progress.ts';
import { defineStage } from '../stage.ts';

const params = z.strictObject({
  training: trainingSettings,
  /** all: every view is an example (Table 1's 1.1 M); best: one example a narration, of its best view; random: of a view drawn anew each time */
  exoViews: z.enum(['all', 'best', 'random']),
});

/** A narration, and the views of which one is its clip. */
export function teacherExamples(
  folder: string,
  data: DataSettings,
  exoViewsOf: z.output<typeof params>['exoViews'],
  progress: Progress,
) {
  return readEgoExoClip(folder, data, 'train', progress).flatMap((pair) => {
    const views = exoViews(pair);
    if (exoViewsOf === 'all') return views.map((view) => ({ views: [view], text: pair.text }));
    return [{ views: exoViewsOf === 'best' ? views.slice(0, 1) : views, text: pair.text }];
  });
}

/** The teacher learns to say what its clips show. */
export function teacherTask(
  { model, vision, language }: Exo2Ego,
  { training }: z.output<typeof params>,
  clips: Pick<Clips, 'pixels'>,
): ModelTask<{ texts: string[]; frames: Uint8Array[] }> {
  const { gradientCheckpointing, attention } = training;
  return {
    title: 'stage 1',
    settings: training,
    parameters: [vision, language.parameters],
    trainable: below(vision, PREFIX.towers.exo),
    loss({ texts, frames }) {
      const y = viewVisualTokens(model, 'exo', clips.pixels(frames), { gradientCheckpointing, attention });
      const prompts = texts.map((text) => pretrainingPrompt(language.tokenizer, text));
      return { loss: textGeneration(model, y, prompts, { gradientCheckpointing, attention }).loss };
    },
  };
}

/**
 * Section 4.2. The exocentric encoder, the teacher, adapts to the exocentric clips of Ego-ExoClip. Everything else is
 * frozen; the loss is VTG.
 */
export const stage1 = defineStage({
  name: 'stage1',
  title: 'Teacher self-preparation',
  paper: 'Exo2Ego section 4.2',
  params,
  sections,
  inputs: { data: 'datasets', languageModel: 'text-model', teacher: 'initialize' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss'],
  async run(context) {
    const { params, config, inputs, out, progress } = context;
    const languageModel = languageModelPath(inputs.languageModel);
    const exo2ego = loadExo2Ego(config.models, languageModel, inputs.teacher);
    const folder = datasetFolder(config.data, inputs.data, 'egoexo4d');
    const examples = teacherExamples(folder, config.data, params.exoViews, progress);
    const clips = openClips(config);
    await clips.warm(
      examples.flatMap(({ views }) => views),
      progress,
    );

    const result = await trainTask(context, {
      ...teacherTask(exo2ego, params, clips),
      numExamples: examples.length,
      examples: examples.map(({ text }) => text),
      async loadBatch(indices, { random }) {
        const batch = indices.map((index) => examples[index]);
        return {
          texts: batch.map(({ text }) => text),
          frames: await clips.read(batch.map(({ views }) => random.choice(views))),
        };
      },
    });
    saveExo2Ego(out.folder, exo2ego, config.models, languageModel);
    exo2ego.dispose();
    return result;
  },
});
