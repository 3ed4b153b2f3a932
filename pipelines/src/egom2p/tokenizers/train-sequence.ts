import type { z } from 'zod';
import {
  codebookUse,
  tokenizerLoss,
  updateCodebook,
  type CodebookStatistics,
  type MaskedReduction,
} from '@egolab/sequence-tokenizer';
import type { CameraTokenizer, GazeTokenizer } from '@egolab/sequence-tokenizer';
import { below, trainTask, type ModelTask } from '../../exo2ego/training.ts';
import type { Metrics, StageContext, StageResult } from '../../stage.ts';
import type { sequenceTokenizerSettings } from './settings.ts';

/** What training a tokenizer needs of the stage's settings. */
export type SequenceTrainingSettings = {
  [Key in 'codebook' | 'commitmentWeight' | 'training']: z.output<(typeof sequenceTokenizerSettings)[Key]>;
};
type Context = Pick<
  StageContext<SequenceTrainingSettings, unknown, never>,
  'params' | 'seed' | 'stateFolder' | 'tracker' | 'signal'
>;

/** The clips of one modality, with a name each. */
export interface Sequences<Sequence> {
  keys: string[];
  clips: Sequence[];
}

/** Reconstruction and commitment by gradient, the codebook by moving averages. */
export function sequenceTokenizerTask(
  { parameters, config, numTokens }: Pick<CameraTokenizer | GazeTokenizer, 'parameters' | 'config' | 'numTokens'>,
  params: SequenceTrainingSettings,
  maskedReduction: MaskedReduction,
): ModelTask<ReturnType<CameraTokenizer['input']>> {
  const codebook = below(parameters, 'quantize');
  const { gradientCheckpointing } = params.training;
  return {
    title: `${config.modality} tokenizer`,
    settings: params.training,
    parameters: [parameters],
    trainable: new Map([...parameters.variables].filter(([name]) => !codebook.has(name))),
    buffers: codebook,
    loss: (x, { span, stepRandom }) =>
      tokenizerLoss(parameters, config, x, {
        commitmentWeight: params.commitmentWeight,
        maskedReduction,
        span,
        stepRandom,
        gradientCheckpointing,
      }),
    updateBuffers(statistics, { size }) {
      const named = Object.fromEntries(statistics) as unknown as CodebookStatistics;
      updateCodebook(parameters, params.codebook, named, { clips: size, tokens: numTokens });
    },
  };
}

/** Train a tokenizer on its modality alone (section 3.2). */
export async function trainSequenceTokenizer<Sequence>(
  context: Context,
  tokenizer: SequenceTokenizer<Sequence>,
  { keys, clips }: Sequences<Sequence>,
  maskedReduction: MaskedReduction,
): Promise<StageResult> {
  const { params } = context;
  return trainTask(context, {
    ...sequenceTokenizerTask(tokenizer, params, maskedReduction),
    numExamples: clips.length,
    examples: keys,
    loadBatch: async (indices) => tokenizer.input(indices.map((index) => clips[index])),
  });
}

/** A tokenizer of camera or gaze. */
export type SequenceTokenizer<Sequence> = Pick<
  CameraTokenizer | GazeTokenizer,
  'parameters' | 'config' | 'numTokens' | 'detokenize'
> & {
  input(clips: readonly Sequence[]): ReturnType<CameraTokenizer['input']>;
  tokenize(clips: readonly Sequence[]): Int32Array[];
};

/** Take held-out clips through the tokens and back: how much of the codebook they use, and what `errors` finds lost. */
export function evaluateSequenceTokenizer<Sequence>(
  tokenizer: SequenceTokenizer<Sequence>,
  clips: readonly Sequence[],
  errors: (clips: readonly Sequence[], reconstructed: readonly Float32Array[]) => object,
): Metrics {
  if (clips.length === 0) return { clips: 0 };
  const tokens = tokenizer.tokenize(clips);
  const { used, perplexity } = codebookUse(tokens.flatMap((clip) => [...clip]), tokenizer.config.codebookSize); // prettier-ignore
  return {
    clips: clips.length,
    codebook_used: used,
    perplexity,
    ...errors(clips, tokenizer.detokenize(tokens)),
  };
}
