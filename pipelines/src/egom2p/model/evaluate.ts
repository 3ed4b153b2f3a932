import { clipTiming, fromNineNumbers, type EgoM2pClip, type Modality, type Pose } from '@egolab/ego-data';
import { generate, type ClipTokens, type MaskedModel } from '@egolab/masked-model';
import { depthErrors, gazeError, psnr, ssim, trajectoryErrors } from '@egolab/metrics';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import { constantVelocity, meanTrajectory, repeated, standingStill, type TrainingMeans } from './baselines.ts';
import type { ClipCodec, ClipValues } from './clip-codec.ts';
import type { DecodingSettings } from './settings.ts';
import { tokenNames } from './tokens.ts';

/** What is predicted from what (sections 4.1 to 4.4). */
export const evaluationTasks = {
  camera: { from: 'rgb', to: 'camera' },
  gaze: { from: 'rgb', to: 'gaze' },
  depth: { from: 'rgb', to: 'depth' },
  synthesis: { from: 'depth', to: 'rgb' },
} as const satisfies Record<string, { from: Modality; to: Modality }>;
export type EvaluationTask = keyof typeof evaluationTasks;

/** A model under test. */
export interface Predictor {
  model: MaskedModel;
  codec: ClipCodec;
  decoding: DecodingSettings;
  seed: number;
}

/** Clips that are decoded at a time. */
const BATCH = 8;

/**
 * One task on held-out clips: the model, its tokenizer alone (the true tokens decoded: no prediction can be expected to beat it) and
 * predictors that don't look, a row each.
 */
export async function evaluateTask(
  predictor: Predictor,
  task: EvaluationTask,
  clips: readonly EgoM2pClip[],
  means: TrainingMeans,
  progress: Progress,
): Promise<Metrics> {
  const { from, to } = evaluationTasks[task];
  const { model, codec } = predictor;
  const known = [from, to].every((modality) => model.names.includes(tokenNames[modality]));
  const usable = known ? clips.filter((clip) => clip[from] && clip[to] && isTruth(clip, task)) : [];
  if (usable.length === 0) return { clips: 0 };
  const phase = progress.phase(`${from} to ${to}`, usable.length);
  const scores = new Map<string, Scores[]>();
  let seconds = 0;
  for (let first = 0; first < usable.length; first += BATCH) {
    const batch = usable.slice(first, first + BATCH);
    const given: ClipTokens[] = [];
    for (const clip of batch)
      given.push({ [tokenNames[from]]: codec.encode(from, await valueOf(clip, from, codec.size)) });
    const began = performance.now();
    const predicted = predictValues(predictor, given, to);
    seconds += (performance.now() - began) / 1000;
    for (const [i, clip] of batch.entries()) {
      const truth = await valueOf(clip, to, codec.size);
      const tokenizer = codec.decode(to, codec.encode(to, truth));
      const rows = await scorers[task](clip, { model: predicted[i], tokenizer }, means, codec.size);
      for (const [name, values] of Object.entries(rows)) scores.set(name, [...(scores.get(name) ?? []), values]);
    }
    phase.advance(batch.length);
  }
  phase.end();
  const rows = [...scores].map(([name, values]) => [name, meanScores(values)] as const);
  return { clips: usable.length, seconds_per_clip: seconds / usable.length, ...Object.fromEntries(rows) };
}

/** Time of one clip's camera from its video's tokens: a single pass without guidance, and as configured (seconds; section 4.1). */
export async function cameraLatency(
  predictor: Predictor,
  clip: EgoM2pClip,
): Promise<{ one_pass: number; configured: number }> {
  const { codec, decoding } = predictor;
  const given = [{ [tokenNames.rgb]: codec.encode('rgb', await clip.rgb!.read(codec.size)) }];
  const onePass = { ...decoding, tok_cam: { ...decoding.tok_cam, steps: 1, guidance: 0 } };
  const time = (settings: DecodingSettings) => {
    predictValues({ ...predictor, decoding: settings }, given, 'camera'); // the first run also allocates
    const began = performance.now();
    predictValues({ ...predictor, decoding: settings }, given, 'camera');
    return (performance.now() - began) / 1000;
  };
  return { one_pass: time(onePass), configured: time(decoding) };
}

/** Generate one modality of each clip, and decode it. */
export function predictValues<M extends Modality>(
  { model, codec, decoding, seed }: Predictor,
  given: readonly ClipTokens[],
  to: M,
): ClipValues[M][] {
  const modality = tokenNames[to];
  const tokens = generate(model, given, [{ modality, decoding: decoding[modality] }], { seed });
  return tokens.map((clip) => codec.decode(to, clip[modality]));
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

type Scores = Record<string, number>;
interface Predictions {
  model: ClipValues[Modality];
  tokenizer: ClipValues[Modality];
}
type Scorer = (
  clip: EgoM2pClip,
  predictions: Predictions,
  means: TrainingMeans,
  size: number,
) => Promise<Record<string, Scores>>;

const scorers: Record<EvaluationTask, Scorer> = {
  async camera(clip, predictions, means) {
    const truth = fromNineNumbers(clip.camera!);
    const score = (predicted: readonly Pose[]): Scores => {
      const { ateNone, ateSe3, ateSim3, rte, rre } = trajectoryErrors({ predicted, truth });
      return { ATE_none: ateNone, ATE_se3: ateSe3, ATE_sim3: ateSim3, RTE: rte, RRE: rre };
    };
    return {
      ...mapped(predictions, (value) => score(fromNineNumbers(value as Float32Array))),
      identity: score(standingStill(truth.length)),
      constant_velocity: score(constantVelocity(truth)),
      ...(means.camera && { training_mean: score(meanTrajectory(means.camera)) }),
    };
  },

  async gaze(clip, predictions, means) {
    const truth = clip.gaze!;
    const score = (xy: ArrayLike<number>): Scores => ({ mse: gazeError({ xy }, truth).mse });
    const fixed = (x: number, y: number) => Float32Array.from(truth.xy, (_, i) => (i % 2 === 0 ? x : y));
    return {
      ...mapped(predictions, (value) => score((value as ClipValues['gaze']).xy)),
      image_centre: score(fixed(0.5, 0.5)),
      ...(means.gaze && { training_mean: score(fixed(...means.gaze)) }),
    };
  },

  async depth(clip, predictions, means, size) {
    const frames = clipTiming.videoFrames;
    const truth = { data: await clip.depth!.readMetres!(size), frames };
    const score = (data: ArrayLike<number>): Scores => {
      const { absRel, delta1 } = depthErrors({ data, frames }, truth, { alignment: 'affine-disparity' });
      return { abs_rel: absRel, delta1 };
    };
    return {
      ...mapped(predictions, (value) => score(value as Float32Array)),
      ...(means.depth && { mean_depth_map: score(repeated(means.depth, frames)) }),
    };
  },

  async synthesis(clip, predictions, means, size) {
    const video = (data: Uint8Array) => ({ data, frames: clipTiming.videoFrames, height: size, width: size, channels: 3 }); // prettier-ignore
    const truth = video(await clip.rgb!.read(size));
    const score = (data: Uint8Array): Scores => ({ psnr: psnr(video(data), truth), ssim: ssim(video(data), truth) });
    return {
      ...mapped(predictions, (value) => score(value as Uint8Array)),
      ...(means.rgb && { mean_image: score(Uint8Array.from(repeated(means.rgb, clipTiming.videoFrames), Math.round)) }),
    };
  },
};

const mapped = (predictions: Predictions, score: (value: ClipValues[Modality]) => Scores) => ({
  model: score(predictions.model),
  tokenizer: score(predictions.tokenizer),
});

function meanScores(values: readonly Scores[]): Scores {
  const names = Object.keys(values[0]);
  return Object.fromEntries(
    names.map((name) => [name, values.reduce((sum, scores) => sum + scores[name], 0) / values.length]),
  );
}
