import type { z } from 'zod';
import { maskedLoss, maskTokens, type MaskedTokens } from '@egolab/masked-model';
import type { BatchContext } from '@egolab/training';
import { trainTask, type ModelTask } from '../../exo2ego/training.ts';
import type { StageContext, StageResult } from '../../stage.ts';
import type { TrainableMaskedModel } from './masked-model-files.ts';
import type { maskedTrainingSettings } from './settings.ts';
import type { TokenStream } from './tokens.ts';

type Settings = { [Key in keyof typeof maskedTrainingSettings]: z.output<(typeof maskedTrainingSettings)[Key]> };
type Context = Pick<StageContext<unknown, unknown, never>, 'seed' | 'stateFolder' | 'tracker' | 'signal'>;

/** What is trained, and its loss. */
export function maskedTask(
  title: string,
  { model, parameters }: TrainableMaskedModel,
  { loss: reduction, training }: Settings,
): ModelTask<MaskedTokens[]> {
  const { gradientCheckpointing, attention } = training;
  return {
    title,
    settings: training,
    parameters: [parameters],
    trainable: parameters.variables,
    loss(batch) {
      const { loss, modalities } = maskedLoss(model, batch, reduction, { gradientCheckpointing, attention });
      return { loss, metrics: modalities };
    },
  };
}

/** Section 3.3: every parameter learns to predict masked tokens of all modalities. */
export async function trainMaskedModel(
  context: Context,
  title: string,
  masked: TrainableMaskedModel,
  { mixture, contents }: TokenStream,
  settings: Settings,
): Promise<StageResult> {
  const { masking, loss: reduction, training } = settings;
  const numExamples = settings.samplesPerEpoch ?? mixture.length;
  return trainTask(context, {
    ...maskedTask(title, masked, settings),
    numExamples,
    examples: { contents, masking, reduction },
    // examples of an epoch are consecutive clips of the stream, so that shards are read one after another
    loadBatch: async (indices, place) =>
      indices.map((_, i) => {
        const { tokens, key, source, visit } = mixture.read(
          streamPosition(place, i, numExamples, training.globalBatchSize),
        );
        return maskTokens(tokens, masked.model.config.modalities, masking, { seed: context.seed, source, key, visit });
      }),
  });
}

/**
 * Where the i-th clip of a micro-batch stands in the stream: behind all clips of the steps before it, whatever micro-batches and
 * workers the step is split into.
 */
export function streamPosition(
  { step, span }: Pick<BatchContext, 'step' | 'span'>,
  i: number,
  numExamples: number,
  globalBatchSize: number,
): number {
  const stepsPerEpoch = Math.ceil(numExamples / globalBatchSize);
  const epoch = Math.floor((step - 1) / stepsPerEpoch);
  return epoch * numExamples + ((step - 1) % stepsPerEpoch) * globalBatchSize + span.begin + i;
}
