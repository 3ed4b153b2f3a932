import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import { scoreChoices, type ChoiceItem, type ChoicePredictions } from '@egolab/benchmarks';
import { writeFileAtomic } from '@egolab/foundation';
import { loadAdapter, type LoraAdapter } from '@egolab/language-model';
import { perplexity } from '@egolab/metrics';
import { tf } from '@egolab/runtime';
import { answerLogLikelihoods, instructionPrompt, pretrainingPrompt, textGeneration } from '@egolab/video-llm';
import type { Progress } from '../progress.ts';
import { defineStage, type Metrics } from '../stage.ts';
import { answeringTokens, type Reads } from './answering.ts';
import { openClips, type Clips } from './clips.ts';
import type { ClipPair } from '@egolab/ego-data';
import {
  datasetFolder,
  egoView,
  readEgoExoClip,
  readEgoMcqClips,
  readEgoSchemaClips,
  sample,
  type LocatedEgoSchema,
  type LocatedMcq,
} from './datasets.ts';
import { adapterFolder, languageModelPath, loadExo2Ego, type Exo2Ego } from './model.ts';
import { sections } from './settings.ts';

const evaluationSettings = z.strictObject({
  /** at most this many questions of each benchmark, drawn by the seed; null: all, as the published numbers need */
  maxQuestions: z.number().int().positive().nullable(),
  /**
   * How narrations are asked for in EgoMCQ and for their perplexity: in the pretraining format, or as the answer to an
   * instruction, which a model expects after instruction tuning
   */
  narrationPrompt: z.enum(['caption', 'instruction']),
  /** narrations whose perplexity is measured */
  maxNarrations: z.number().int().positive().nullable(),
});

/**
 * Evaluation after one stage, on videos of held-out rooms: EgoMCQ (inter, intra), EgoSchema, and the perplexity of
 * narrations. Answers are scored by their likelihood: nothing is parsed from free text.
 */
export function evaluationStage<Stage extends string>(stage: Stage, reads: Reads) {
  return defineStage({
    name: `evaluate-${stage}`,
    title: `Evaluation after ${stage}`,
    paper: 'Exo2Ego supplement D.2.2, Table 15',
    params: evaluationSettings,
    sections,
    inputs: { data: 'datasets', languageModel: 'text-model', model: stage },
    outputs: ['predictions.json'],
    async run({ params, config, inputs, random, out, progress }) {
      const exo2ego = loadExo2Ego(config.models, languageModelPath(inputs.languageModel), inputs.model);
      const folder = adapterFolder(inputs.model);
      const adapter = folder ? loadAdapter(folder, exo2ego.language.config) : undefined;
      const clips = openClips(config);
      const answerer: Answerer = {
        ...exo2ego,
        adapter,
        clips,
        narrationPrompt: params.narrationPrompt,
        tokens: (frames) => answeringTokens(exo2ego.model, reads, clips.pixels(frames)),
      };
      const dataset = (name: string) => datasetFolder(config.data, inputs.data, name);

      const mcq = sample(readEgoMcqClips(dataset('egoclip')), params.maxQuestions, random.split('egomcq'));
      const schema = sample(readEgoSchemaClips(dataset('egoschema')), params.maxQuestions, random.split('egoschema'));
      const narrations = sample(
        readEgoExoClip(dataset('egoexo4d'), config.data, 'val', progress),
        params.maxNarrations,
        random.split('narrations'),
      );
      await clips.warm(
        [...mcq.flatMap(({ clips }) => clips), ...schema.map(({ clip }) => clip), ...narrations.map(egoView)],
        progress,
      );

      const egomcq = await answerEgoMcq(answerer, mcq, progress);
      const egoschema = await answerEgoSchema(answerer, schema, progress);
      const narration = await narrationPerplexity(answerer, narrations, progress);
      writeFileAtomic(
        out.path('predictions.json'),
        `${JSON.stringify({ egomcq: egomcq.predictions, egoschema: egoschema.predictions }, null, 1)}\n`,
      );
      adapter?.parameters.dispose();
      exo2ego.dispose();
      return { metrics: { egomcq: egomcq.scores, egoschema: egoschema.scores['all'], narration } };
    },
  });
}

/** A model that looks at clips and judges texts. */
interface Answerer extends Exo2Ego {
  adapter: LoraAdapter | undefined;
  clips: Clips;
  narrationPrompt: 'caption' | 'instruction';
  /** frames of some clips -> visual tokens `[batch, tokens, hiddenLLM]` */
  tokens(frames: Uint8Array[]): Tensor;
}

interface Answers {
  predictions: ChoicePredictions;
  scores: Record<string, Record<string, number>>;
}

/** EgoMCQ questions answered at a time: five clips each. */
const QUESTIONS = 6;

/** Which of five clips does the narration describe? The one under which it is likeliest (text to video, as released). */
async function answerEgoMcq(answerer: Answerer, questions: LocatedMcq[], progress: Progress): Promise<Answers> {
  const phase = progress.phase('EgoMCQ', questions.length);
  const predictions: ChoicePredictions = {};
  for (let start = 0; start < questions.length; start += QUESTIONS) {
    const batch = questions.slice(start, start + QUESTIONS);
    const clips = batch.flatMap(({ clips }) => clips);
    const texts = batch.flatMap(({ query, clips }) => clips.map(() => query.text));
    const { sums } = await narrationLogLikelihoods(answerer, await answerer.clips.read(clips), texts);
    for (const { id, clips } of batch) predictions[id] = sums.splice(0, clips.length);
    phase.advance(batch.length);
  }
  phase.end();
  const items = questions.map(({ id, type, choices, answer }): ChoiceItem => ({
    id,
    group: type,
    numOptions: choices.length,
    answer,
  }));
  return { predictions, scores: asMetrics(scoreChoices(items, predictions)) };
}

/** Which option answers the question about the video? The one whose tokens are likeliest on average, so that length doesn't count. */
async function answerEgoSchema(
  answerer: Answerer,
  questions: LocatedEgoSchema[],
  progress: Progress,
): Promise<Answers> {
  const { model, language, adapter } = answerer;
  const phase = progress.phase('EgoSchema', questions.length);
  const predictions: ChoicePredictions = {};
  for (const { id, question, options, clip } of questions) {
    const frames = await answerer.clips.read([clip]);
    const tokens = tf.tidy(() => answerer.tokens(frames));
    const likelihoods = answerLogLikelihoods(
      model,
      language.tokenizer,
      tokens,
      [{ role: 'user', content: `Watch the video and answer the question.\n${question}` }],
      [...options],
      { lora: adapter && { adapter } },
    );
    tokens.dispose();
    predictions[id] = likelihoods.map(({ logLikelihood, numTokens }) => logLikelihood / numTokens);
    phase.advance();
  }
  phase.end();
  const items = questions.map(({ id, options, answer }): ChoiceItem => ({
    id,
    group: 'all',
    numOptions: options.length,
    answer,
  }));
  return { predictions, scores: asMetrics(scoreChoices(items, predictions)) };
}

/** An instruction and a question as EgoIT words them. */
const NARRATION_QUESTION = 'Watch the video and answer the question.\nWhat is C doing?';

/** Narrations of one batch of {@link narrationPerplexity}. */
const BATCH = 16;

async function narrationPerplexity(answerer: Answerer, pairs: ClipPair[], progress: Progress): Promise<Metrics> {
  const phase = progress.phase('narration perplexity', pairs.length);
  const sums: number[] = [];
  const tokens: number[] = [];
  for (let start = 0; start < pairs.length; start += BATCH) {
    const batch = pairs.slice(start, start + BATCH);
    const result = await narrationLogLikelihoods(
      answerer,
      await answerer.clips.read(batch.map(egoView)),
      batch.map(({ text }) => text),
    );
    sums.push(...result.sums);
    tokens.push(...result.numTokens);
    phase.advance(batch.length);
  }
  phase.end();
  return { perplexity: perplexity(sums, tokens), n: pairs.length };
}

/** Log-likelihood (nats) of each text under the clip beside it. */
async function narrationLogLikelihoods(
  { model, language, adapter, narrationPrompt, tokens }: Answerer,
  frames: Uint8Array[],
  texts: string[],
): Promise<{ sums: number[]; numTokens: number[] }> {
  const prompts = texts.map((text) =>
    narrationPrompt === 'caption'
      ? pretrainingPrompt(language.tokenizer, text)
      : instructionPrompt(language.tokenizer, [
          { role: 'user', content: NARRATION_QUESTION },
          { role: 'assistant', content: text },
        ]),
  );
  return tf.tidy(() => {
    const { logLikelihoods, numTokens } = textGeneration(model, tokens(frames), prompts, {
      lora: adapter && { adapter },
    });
    return { sums: Array.from(logLikelihoods.dataSync<'float32'>()), numTokens };
  });
}

const asMetrics = (scores: ReturnType<typeof scoreChoices>) =>
  scores as unknown as Record<string, Record<string, number>>;
