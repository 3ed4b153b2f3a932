import { fromNineNumbers, toNineNumbers, type EgoM2pClip, type Modality } from '@egolab/ego-data';
import { generate, tokenProbabilities, type ClipTokens, type MaskedModel } from '@egolab/masked-model';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import type { TrainingMeans } from './baselines.ts';
import type { ClipCodec, ClipValues } from './clip-codec.ts';
import { evaluationTasks, scorers, type EvaluationTask, type Scores } from './scorers.ts';
import type { DecodingSettings, DrawSettings } from './settings.ts';
import { spread } from '../sources.ts';
import { tokenNames } from './tokens.ts';

/** A model under test. */
export interface Predictor {
  model: MaskedModel;
  codec: ClipCodec;
  decoding: DecodingSettings;
  draws: DrawSettings;
  seed: number;
}

/** What a task found. */
export interface TaskResult {
  metrics: Metrics;
  /** `<row>.<metric>` -> clip -> value; each metric is the mean of its values */
  outcomes: Record<string, Record<string, number>>;
  examples: Example[];
}

/** A clip to look at. */
export interface Example {
  clip: EgoM2pClip;
  task: EvaluationTask;
  given: ClipValues[Modality];
  predicted: ClipValues[Modality];
  truth: ClipValues[Modality];
}

/** Clips that are decoded at a time. */
const BATCH = 8;

/** Name of a clip among those of all sources. */
export const clipName = ({ source, key }: EgoM2pClip): string => `${source}/${key}`;

/**
 * One task on held-out clips: the model, its tokenizer alone (the true tokens decoded: no prediction can be expected to beat it) and
 * predictors that don't look, a row each.
 *
 * @param numExamples clips that are also handed back, evenly spread over all
 */
export async function evaluateTask(
  predictor: Predictor,
  task: EvaluationTask,
  clips: readonly EgoM2pClip[],
  means: TrainingMeans,
  progress: Progress,
  numExamples = 0,
): Promise<TaskResult> {
  const { from, to } = evaluationTasks[task];
  const { model, codec } = predictor;
  const known = [from, to].every((modality) => model.names.includes(tokenNames[modality]));
  const usable = known ? clips.filter((clip) => clip[from] && clip[to] && isTruth(clip, task)) : [];
  if (usable.length === 0) return { metrics: { clips: 0 }, outcomes: {}, examples: [] };
  const phase = progress.phase(`${from} to ${to}`, usable.length);
  const scores = new Map<string, Scores[]>();
  const examples: Example[] = [];
  const shown = new Set(spread(usable, numExamples));
  let seconds = 0;
  for (let first = 0; first < usable.length; first += BATCH) {
    const batch = usable.slice(first, first + BATCH);
    const given = await Promise.all(batch.map((clip) => valueOf(clip, from, codec.size)));
    const tokens = given.map((value): ClipTokens => ({ [tokenNames[from]]: codec.encode(from, value) }));
    const began = performance.now();
    const predicted = predictValues(predictor, tokens, to);
    seconds += (performance.now() - began) / 1000;
    for (const [i, clip] of batch.entries()) {
      const truth = await valueOf(clip, to, codec.size);
      const tokenizer = codec.decode(to, codec.encode(to, truth));
      const rows = await scorers[task](clip, { model: predicted[i], tokenizer }, means, codec.size);
      for (const [name, values] of Object.entries(rows)) scores.set(name, [...(scores.get(name) ?? []), values]);
      if (shown.has(clip)) examples.push({ clip, task, given: given[i], predicted: predicted[i], truth });
    }
    phase.advance(batch.length);
  }
  phase.end();
  const rows = [...scores].map(([name, values]) => [name, meanScores(values)] as const);
  return {
    metrics: { clips: usable.length, seconds_per_clip: seconds / usable.length, ...Object.fromEntries(rows) },
    outcomes: outcomesOf(scores, usable.map(clipName)),
    examples,
  };
}

/** Time of one clip's camera from its video's tokens: a single pass without guidance, and as configured (seconds; section 4.1). */
export async function cameraLatency(
  predictor: Predictor,
  clip: EgoM2pClip,
): Promise<{ one_pass: number; configured: number }> {
  const { codec, decoding } = predictor;
  const given = [{ [tokenNames.rgb]: codec.encode('rgb', await clip.rgb!.read(codec.size)) }];
  const onePass = {
    ...predictor,
    draws: { ...predictor.draws, tok_cam: 1 },
    decoding: { ...decoding, tok_cam: { ...decoding.tok_cam, steps: 1, guidance: 0 } },
  };
  const time = (settings: Predictor) => {
    predictValues(settings, given, 'camera'); // the first run also allocates
    const began = performance.now();
    predictValues(settings, given, 'camera');
    return (performance.now() - began) / 1000;
  };
  return { one_pass: time(onePass), configured: time(predictor) };
}

/** Generate one modality of each clip, decode it, and average over the draws, or decode what is expected of it. */
export function predictValues<M extends Modality>(
  { model, codec, decoding, draws, seed }: Predictor,
  given: readonly ClipTokens[],
  to: M,
): ClipValues[M][] {
  const modality = tokenNames[to];
  const numDraws = draws[modality];
  if (numDraws === 'expectation')
    return tokenProbabilities(model, given, modality, decoding[modality].guidance).map((probabilities) =>
      codec.decodeMean(to, probabilities),
    );
  const values = Array.from({ length: numDraws }, (_, draw) =>
    generate(model, given, [{ modality, decoding: decoding[modality] }], { seed: seed + draw }).map((clip) =>
      codec.decode(to, clip[modality]),
    ),
  );
  return given.map((_, i) => mean(to, values.map((draw) => draw[i]))); // prettier-ignore
}

/** The mean of several predictions of one clip: of camera matrices made a rotation again. */
function mean<M extends Modality>(modality: M, draws: readonly ClipValues[M][]): ClipValues[M] {
  if (draws.length === 1) return draws[0];
  const numbers = (value: ClipValues[Modality]) => ('xy' in value ? value.xy : value);
  const first = numbers(draws[0]);
  const average = Float32Array.from(first, (_, k) => draws.reduce((sum, each) => sum + numbers(each)[k], 0) / draws.length); // prettier-ignore
  const made: { [Key in Modality]: () => ClipValues[Modality] } = {
    rgb: () => Uint8Array.from(average, Math.round),
    depth: () => average,
    gaze: () => ({ ...(draws[0] as ClipValues['gaze']), xy: average }),
    camera: () => toNineNumbers(fromNineNumbers(average)),
  };
  return made[modality]() as ClipValues[M];
}

/** Whether there is something true to compare with: metres for depth, a tracked frame for gaze. */
function isTruth(clip: EgoM2pClip, task: EvaluationTask): boolean {
  if (task === 'depth') return clip.depth?.readMetres !== undefined;
  return task !== 'gaze' || clip.gaze!.valid.some(Boolean);
}

/** A modality that the clip has. */
export async function valueOf<M extends Modality>(clip: EgoM2pClip, modality: M, size: number): Promise<ClipValues[M]> {
  const values: { [Key in Modality]: () => unknown } = {
    rgb: () => clip.rgb?.read(size),
    depth: () => clip.depth?.read(size),
    gaze: () => clip.gaze,
    camera: () => clip.camera,
  };
  return (await values[modality]()) as ClipValues[M];
}

function meanScores(values: readonly Scores[]): Scores {
  const names = Object.keys(values[0]);
  return Object.fromEntries(
    names.map((name) => [name, values.reduce((sum, scores) => sum + scores[name], 0) / values.length]),
  );
}

function outcomesOf(scores: ReadonlyMap<string, readonly Scores[]>, clips: readonly string[]): TaskResult['outcomes'] {
  const outcomes: TaskResult['outcomes'] = {};
  for (const [row, values] of scores)
    for (const metric of Object.keys(values[0]))
      outcomes[`${row}.${metric}`] = Object.fromEntries(clips.map((clip, i) => [clip, values[i][metric]]));
  return outcomes;
}
