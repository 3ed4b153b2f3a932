import type { Variable } from '@tensorflow/tfjs-node-gpu';
import { sha256 } from '@egolab/foundation';
import type { Parameters } from '@egolab/nn';
import { train, type BatchContext, type LossResult, type TrainOptions } from '@egolab/training';
import type { StageContext, StageResult } from '../stage.ts';
import type { TrainingSettings } from './settings.ts';

/** What differs between the training stages. */
export interface TrainingTask<Batch> extends Pick<
  TrainOptions<Batch>,
  'buffers' | 'updateBuffers' | 'learningRateScales'
> {
  title: string;
  settings: Omit<TrainingSettings, 'attention'>;
  parameters: readonly Parameters[];
  /** name -> variable of everything that the stage trains; the rest is frozen */
  trainable: ReadonlyMap<string, Variable>;
  numExamples: number;
  /** says which examples: a run isn't gone on with when they change */
  examples: unknown;
  loadBatch(indices: number[], context: BatchContext): Promise<Batch>;
  loss(batch: Batch, context: BatchContext): LossResult;
}

/** A training task but for its data: what is trained, and by which loss. */
export type ModelTask<Batch> = Omit<TrainingTask<Batch>, 'numExamples' | 'examples' | 'loadBatch'>;

type Context = Pick<StageContext<unknown, unknown, never>, 'seed' | 'stateFolder' | 'tracker' | 'signal'>;

/** Train as Table 14 says, tracked and resumable; with no epochs, nothing. */
export async function trainTask<Batch>(
  { seed, stateFolder, tracker, signal }: Context,
  task: TrainingTask<Batch>,
): Promise<StageResult> {
  const { settings, examples, ...rest } = task;
  const { epochs, globalBatchSize, localBatchSize, optimizer, precision, saveEverySteps } = settings;
  if (epochs === 0) return { metrics: {}, history: [] };
  const { history } = await train<Batch>({
    ...rest,
    epochs,
    globalBatchSize,
    localBatchSize,
    optimizer,
    precision,
    saveEverySteps,
    schedule: 'cosine',
    seed,
    stateFolder,
    signal,
    identity: { examples: sha256(JSON.stringify(examples)) },
    onRecord: (record) => tracker.logMetrics(record, record.step),
  });
  return { metrics: { train: summary(history) }, history };
}

/** Share of the steps over which the first and the last value of a curve are averaged. */
const ENDS = 0.1;

/** First and last value of every curve, each a mean over a tenth of the steps, so that one batch doesn't decide. */
function summary(history: readonly Readonly<Record<string, number>>[]): Record<string, Record<string, number>> {
  const span = Math.max(1, Math.floor(history.length * ENDS));
  const mean = (rows: typeof history, name: string) => rows.reduce((sum, row) => sum + row[name], 0) / rows.length;
  const bookkeeping = new Set(['step', 'epoch', 'learningRate', 'samplesPerSecond', 'gradNorm']);
  const curves = Object.keys(history[0] ?? {}).filter((name) => !bookkeeping.has(name));
  return Object.fromEntries(
    curves.map((name) => [name, { first: mean(history.slice(0, span), name), last: mean(history.slice(-span), name) }]),
  );
}

/** The parameters below the prefixes. */
export function below(parameters: Parameters, ...prefixes: string[]): Map<string, Variable> {
  return new Map(
    [...parameters.variables].filter(([name]) => prefixes.some((prefix) => name.startsWith(`${prefix}.`))),
  );
}

/** Multiples of the optimiser's learning rate that give `variables` a learning rate of their own; none at null. */
export function ownLearningRate(
  variables: ReadonlyMap<string, Variable>,
  own: number | null,
  { optimizer }: Pick<TrainingSettings, 'optimizer'>,
): ReadonlyMap<string, number> | undefined {
  return own === null ? undefined : new Map([...variables.keys()].map((name) => [name, own / optimizer.learningRate]));
}
