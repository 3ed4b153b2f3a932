import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { z } from 'zod';
import type { Answerer } from '@egolab/benchmarks';
import type { ClipPair } from '@egolab/ego-data';
import { loadAdapter } from '@egolab/language-model';
import { perplexity } from '@egolab/metrics';
import type { Progress } from '../progress.ts';
import { defineStage, type Metrics } from '../stage.ts';
import { answeringTokens, type Reads } from './answering.ts';
import { modelAnswerer } from './benchmarks/answerer.ts';
import { egoBenchContext, egoBenchFolders } from './benchmarks/data.ts';
import { runEgoBench } from './benchmarks/ego-bench.ts';
import { egoBenchSettings, questionLimits } from './benchmarks/settings.ts';
import { openClips } from './clips.ts';
import { datasetFolder, egoView, readEgoExoClip, sample } from './datasets.ts';
import { adapterFolder, languageModelPath, loadExo2Ego } from './model.ts';
import { sections } from './settings.ts';

const evaluationSettings = z.strictObject({
  ...questionLimits,
  /**
   * How narrations are asked for in EgoMCQ (text to video) and for their perplexity: in the pretraining format, or as the answer to an
   * instruction, which a model expects after instruction tuning
   */
  narrationPrompt: z.enum(['caption', 'instruction']),
  /** narrations whose perplexity is measured */
  maxNarrations: z.number().int().positive().nullable(),
});

/** An instruction and a question as EgoIT words them. */
const NARRATION_QUESTION = 'Watch the video and answer the question.\nWhat is C doing?';

/**
 * Evaluation after one stage, on videos of held-out rooms: EgoBench's tasks, and the perplexity of narrations. What is asked is the same
 * after every stage.
 *
 * `predictions.json` holds the option or the scores of every question, `outcomes.json` per metric the questions' own values, and
 * `egobench/` the answers question by question and what the tasks are (`tasks.json`).
 */
export function evaluationStage<Stage extends string>(stage: Stage, reads: Reads) {
  return defineStage({
    name: `evaluate-${stage}`,
    title: `Evaluation after ${stage}`,
    paper: 'Exo2Ego supplements C and D.2.2, Table 15',
    params: evaluationSettings,
    sections: { ...sections, 'ego-bench': egoBenchSettings },
    inputs: { data: 'datasets', egobench: 'egobench-datasets', languageModel: 'text-model', model: stage },
    outputs: ['predictions.json', 'outcomes.json', 'egobench'],
    async run({ params, config, inputs, random, out, stateFolder, progress, signal }) {
      const { model: folder } = inputs;
      const exo2ego = loadExo2Ego(config.models, languageModelPath(inputs.languageModel), folder);
      const adapterPath = adapterFolder(folder);
      const adapter = adapterPath ? loadAdapter(adapterPath, exo2ego.language.config) : undefined;
      const clips = openClips(config);
      const settings = config['ego-bench'];
      const tokens = (frames: readonly Uint8Array[]): Tensor =>
        answeringTokens(exo2ego.model, reads, clips.pixels(frames));
      const answerer = modelAnswerer({ ...exo2ego, adapter, clips, tokens }, settings);
      const narrationPrompt = params.narrationPrompt === 'instruction' ? NARRATION_QUESTION : undefined;
      mkdirSync(out.path('egobench'));
      try {
        const { metrics, outcomes, predictions, tasks } = await runEgoBench({
          settings,
          limits: params,
          narrationPrompt,
          answerer,
          model: { stage, reads, frames: config.models.video },
          data: egoBenchFolders(config.data, inputs),
          context: egoBenchContext(inputs.egobench),
          state: join(stateFolder, 'egobench'),
          out: out.path('egobench'),
          progress,
          signal,
        });
        const pairs = readEgoExoClip(datasetFolder(config.data, inputs.data, 'egoexo4d'), config.data, 'val', progress);
        const narrations = sample(pairs, params.maxNarrations, random.split('narrations'));
        const narration = await narrationPerplexity(answerer, narrationPrompt, narrations, progress, signal);
        out.write('predictions.json', json(predictions));
        out.write('outcomes.json', json(outcomes));
        out.write('egobench/tasks.json', json(tasks));
        return { metrics: { ...metrics, narration } };
      } finally {
        adapter?.parameters.dispose();
        exo2ego.dispose();
      }
    },
  });
}

const json = (value: object) => `${JSON.stringify(value, null, 1)}\n`;

/** Narrations of one batch of {@link narrationPerplexity}. */
const BATCH = 16;

async function narrationPerplexity(
  answerer: Answerer,
  prompt: string | undefined,
  pairs: readonly ClipPair[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Metrics> {
  const phase = progress.phase('narration perplexity', pairs.length);
  answerer.prefetch(pairs.map(egoView));
  const sums: number[] = [];
  const tokens: number[] = [];
  for (let start = 0; start < pairs.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = pairs.slice(start, start + BATCH);
    const found = await answerer.likelihoods(
      batch.map((pair) => ({ clip: egoView(pair), prompt, answers: [pair.text] })),
    );
    for (const [{ logLikelihood, numTokens }] of found) {
      sums.push(logLikelihood);
      tokens.push(numTokens);
    }
    phase.advance(batch.length);
  }
  phase.end();
  return { perplexity: perplexity(sums, tokens), n: pairs.length };
}
