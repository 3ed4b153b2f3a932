import type { Scalar } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { tf } from '@egolab/runtime';
import { guidanceSchema, PREFIX, pretrainingPrompt, teacherStudentGuidance, textGeneration } from '@egolab/video-llm';
import { openClips, type Clips } from '../exo2ego/clips.ts';
import { datasetFolder, egoView, exoViews, readEgoExoClip } from '../exo2ego/datasets.ts';
import { languageModelPath, loadExo2Ego, saveExo2Ego, type Exo2Ego } from '../exo2ego/model.ts';
import { encoderLearningRate, sections, trainingSettings } from '../exo2ego/settings.ts';
import { below, ownLearningRate, trainTask, type ModelTask } from '../exo2ego/training.ts';
import { defineStage } from '../stage.ts';

const params = z.strictObject({
  training: trainingSettings,
  encoderLearningRate,
  /** which view is the teacher's sample y of a narration */
  exoViews: z.enum(['best', 'random']),
  /** trained: row 2 of Table 8 */
  teacher: z.enum(['frozen', 'trained']),
  guidance: guidanceSchema,
  /** of the three losses in their sum */
  weights: z.strictObject({ vtg: z.number().min(0), kl: z.number().min(0), ccl: z.number().min(0) }),
});

/** The student and its mappings learn from what the teacher sees of the same moment. */
export function guidanceTask(
  { model, vision, language }: Exo2Ego,
  { training, encoderLearningRate, teacher, guidance, weights }: z.output<typeof params>,
  clips: Pick<Clips, 'pixels'>,
): ModelTask<{ ego: Uint8Array[]; exo: Uint8Array[]; texts: string[] }> {
  const encoders = below(vision, PREFIX.towers.ego, ...(teacher === 'trained' ? [PREFIX.towers.exo] : []));
  const { gradientCheckpointing, attention } = training;
  const options = { gradientCheckpointing, attention };
  return {
    title: 'stage 2',
    settings: training,
    parameters: [vision, language.parameters],
    trainable: new Map([...encoders, ...below(vision, PREFIX.F, PREFIX.G)]),
    learningRateScales: ownLearningRate(encoders, encoderLearningRate, training),
    loss({ ego, exo, texts }) {
      const { visualTokens, kl, ccl } = teacherStudentGuidance(
        model,
        clips.pixels(ego),
        clips.pixels(exo),
        guidance,
        options,
      );
      const prompts = texts.map((text) => pretrainingPrompt(language.tokenizer, text));
      const vtg = textGeneration(model, visualTokens, prompts, options).loss;
      const terms: Record<string, { value: Scalar; weight: number }> = {
        vtg: { value: vtg, weight: weights.vtg },
        ...(kl && { kl: { value: kl, weight: weights.kl } }),
        ...(ccl && { ccl: { value: ccl, weight: weights.ccl } }),
      };
      const loss = tf.addN(Object.values(terms).map(({ value, weight }) => tf.mul(value, weight))) as Scalar;
      return { loss, metrics: Object.fromEntries(Object.entries(terms).map(([name, { value }]) => [name, value])) };
    },
  };
}

/**
 * Section 4.3. From synchronised clips the student's features x are mapped to the teacher's y: F learns with the
 * egocentric encoder, coupled with an inverse mapping G. Loss: VTG on the concatenated guidance, the KL divergence between
 * y and F(x), and the cycle consistency of F and G (equation 2). The teacher and the language model are frozen.
 */
export const stage2 = defineStage({
  name: 'stage2',
  title: 'Teacher-student guidance',
  paper: 'Exo2Ego section 4.3',
  params,
  sections,
  inputs: { data: 'datasets', languageModel: 'text-model', teacher: 'stage1', student: 'initialize' },
  outputs: ['model.safetensors', 'model.json'],
  history: ['loss', 'vtg', 'kl', 'ccl'],
  async run(context) {
    const { params, config, inputs, out, progress } = context;
    const languageModel = languageModelPath(inputs.languageModel);
    const exo2ego = loadExo2Ego(config.models, languageModel, inputs.student, inputs.teacher);
    const pairs = readEgoExoClip(datasetFolder(config.data, inputs.data, 'egoexo4d'), config.data, 'train', progress);
    const examples = pairs.map((pair) => ({
      ego: egoView(pair),
      exo: exoViews(pair).slice(0, params.exoViews === 'best' ? 1 : undefined),
      text: pair.text,
    }));
    const clips = openClips(config);
    await clips.warm(
      examples.flatMap(({ ego, exo }) => [ego, ...exo]),
      progress,
    );

    const result = await trainTask(context, {
      ...guidanceTask(exo2ego, params, clips),
      numExamples: examples.length,
      examples: examples.map(({ text }) => text),
      async loadBatch(indices, { random }) {
        const batch = indices.map((index) => examples[index]);
        const ego = await clips.read(batch.map(({ ego }) => ego));
        const exo = await clips.read(batch.map(({ exo }) => random.choice(exo)));
        return { ego, exo, texts: batch.map(({ text }) => text) };
      },
    });
    saveExo2Ego(out.folder, exo2ego, config.models, languageModel);
    exo2ego.dispose();
    return result;
  },
});
