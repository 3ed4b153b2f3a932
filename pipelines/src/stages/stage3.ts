import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { InstructionRecord } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import { ALL_DECODER_LINEARS, createLora, saveAdapter, type LoraAdapter } from '@egolab/language-model';
import type { ChatMessage } from '@egolab/tokenizers';
import { instructionPrompt, PREFIX, selfPracticeTokens, textGeneration } from '@egolab/video-llm';
import { openClips, type Clips } from '../exo2ego/clips.ts';
import { egoBenchFolders } from '../exo2ego/benchmarks/data.ts';
import { datasetFolder, readInstructions, sample } from '../exo2ego/datasets.ts';
import { copyEncoder, languageModelPath, loadExo2Ego, saveExo2Ego, type Exo2Ego } from '../exo2ego/model.ts';
import { encoderLearningRate, sections, trainingSettings, type SharedSettings } from '../exo2ego/settings.ts';
import { below, ownLearningRate, trainTask, type ModelTask } from '../exo2ego/training.ts';
import type { Progress } from '../progress.ts';
import { defineStage } from '../stage.ts';

const params = z.strictObject({
  training: trainingSettings,
  encoderLearningRate,
  /** section 5.1; null: the language model stays as it is (row 2 of Table 7) */
  lora: z
    .strictObject({
      rank: z.number().int().positive(),
      alpha: z.number().positive(),
      dropout: z.number().min(0).lt(1),
      /** full paths of the adapted linears, `*` for any layer */
      targets: z
        .array(z.string())
        .min(1)
        .default([...ALL_DECODER_LINEARS]),
    })
    .nullable(),
  /** exo: the egocentric encoder starts as the exocentric one, so that it has seen exocentric video alone (row 2 of Table 9) */
  encoderFrom: z.enum(['ego', 'exo']).default('ego'),
  /** false: row 3 of Table 8 */
  trainEgoEncoder: z.boolean(),
  /** at most so many of EgoIT's records, drawn at random; null: all */
  maxRecords: z.number().int().positive().nullable(),
});

/** What the records are read by. */
interface Reads {
  params: Pick<z.output<typeof params>, 'maxRecords'>;
  config: SharedSettings;
  inputs: Readonly<Record<'data' | 'egobench', string>>;
  random: Random;
  progress: Progress;
}

/** EgoIT's records, all or a sample of them. */
export function instructionExamples({ params, config, inputs, random, progress }: Reads): InstructionRecord[] {
  const { data } = config;
  const made = { file: join(inputs.egobench, 'egoit.jsonl'), videos: egoBenchFolders(data, inputs).at(-1)! };
  const all = readInstructions(datasetFolder(data, inputs.data, 'egoit'), made, progress);
  return sample(all, params.maxRecords, random.split('records'));
}

/** The language model learns to follow instructions about what it sees and what is imagined of the other view. */
export function instructionTask(
  { model, vision, language }: Exo2Ego,
  adapter: LoraAdapter | null,
  { training, encoderLearningRate, trainEgoEncoder }: z.output<typeof params>,
  clips: Pick<Clips, 'pixels'>,
): ModelTask<{ batch: Pick<InstructionRecord, 'instruction' | 'turns'>[]; frames: Uint8Array[] }> {
  const encoder = below(vision, ...(trainEgoEncoder ? [PREFIX.towers.ego] : []));
  const { gradientCheckpointing, attention } = training;
  return {
    title: 'stage 3',
    settings: training,
    parameters: [vision, language.parameters, ...(adapter ? [adapter.parameters] : [])],
    trainable: new Map([...encoder, ...below(vision, PREFIX.F), ...(adapter?.parameters.variables ?? [])]),
    learningRateScales: ownLearningRate(encoder, encoderLearningRate, training),
    loss({ batch, frames }, { random: dropout }) {
      const options = { gradientCheckpointing, attention };
      const tokens = selfPracticeTokens(model, clips.pixels(frames), options);
      const prompts = batch.map((record) => instructionPrompt(language.tokenizer, conversation(record)));
      return {
        loss: textGeneration(model, tokens, prompts, { ...options, lora: adapter ? { adapter, dropout } : undefined })
          .loss,
      };
    },
  };
}

/**
 * Section 4.4. Instruction tuning on EgoIT: the language model, with low-rank adaptation, reads the egocentric features x
 * beside their mapped exocentric counterpart F(x). LoRA, the egocentric encoder and F learn from VTG alone.
 */
export const stage3 = defineStage({
  name: 'stage3',
  title: 'Student self-practice',
  paper: 'Exo2Ego section 4.4',
  params,
  sections,
  inputs: { data: 'datasets', egobench: 'egobench-datasets', languageModel: 'text-model', student: 'stage2' },
  outputs: ['model.safetensors', 'model.json', 'adapter'],
  history: ['loss'],
  async run(context) {
    const { params, config, random, inputs, out, progress } = context;
    const languageModel = languageModelPath(inputs.languageModel);
    const exo2ego = loadExo2Ego(config.models, languageModel, inputs.student);
    if (params.encoderFrom === 'exo') copyEncoder(exo2ego, 'exo', 'ego');
    const adapter = params.lora && createLora(exo2ego.language.config, params.lora, random.split('lora'));
    const examples = instructionExamples(context);
    const clipOf = ({ video, start, end }: InstructionRecord) => ({ media: video, start, end });
    const clips = openClips(config);
    await clips.warm(examples.map(clipOf), progress);

    const result = await trainTask(context, {
      ...instructionTask(exo2ego, adapter, params, clips),
      numExamples: examples.length,
      examples: examples.map(({ id, turns }) => [id, turns]),
      async loadBatch(indices) {
        const batch = indices.map((index) => examples[index]);
        return { batch, frames: await clips.read(batch.map(clipOf)) };
      },
    });
    saveExo2Ego(out.folder, exo2ego, config.models, languageModel);
    mkdirSync(out.path('adapter')); // DVC expects it; without LoRA there is nothing in it
    if (adapter) saveAdapter(out.path('adapter'), adapter, languageModel);
    adapter?.parameters.dispose();
    exo2ego.dispose();
    return { ...result, metrics: { ...result.metrics, records: mixture(examples) } };
  },
});

/** Records by source; those that name none are from one file of the data root. */
function mixture(records: readonly InstructionRecord[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { source = 'egoit_train' } of records) sizes[source] = (sizes[source] ?? 0) + 1;
  return sizes;
}

/** An EgoIT sample as the messages that the chat template takes: its instruction goes before the first question (section 3.2). */
function conversation({ instruction, turns }: Pick<InstructionRecord, 'instruction' | 'turns'>): ChatMessage[] {
  return turns.flatMap(({ question, answer }, i): ChatMessage[] => [
    { role: 'user', content: [i === 0 ? instruction : '', question].filter(Boolean).join('\n') },
    { role: 'assistant', content: answer },
  ]);
}
