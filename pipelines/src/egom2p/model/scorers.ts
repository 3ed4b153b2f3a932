import { clipTiming, fromNineNumbers, type EgoM2pClip, type Modality, type Pose } from '@egolab/ego-data';
import { depthErrors, gazeError, psnr, ssim, trajectoryErrors } from '@egolab/metrics';
import { constantVelocity, meanTrajectory, repeated, standingStill, type TrainingMeans } from './baselines.ts';
import type { ClipValues } from './clip-codec.ts';

/** What is predicted from what (sections 4.1 to 4.4). */
export const evaluationTasks = {
  camera: { from: 'rgb', to: 'camera' },
  gaze: { from: 'rgb', to: 'gaze' },
  depth: { from: 'rgb', to: 'depth' },
  synthesis: { from: 'depth', to: 'rgb' },
} as const satisfies Record<string, { from: Modality; to: Modality }>;
export type EvaluationTask = keyof typeof evaluationTasks;

/** Metric -> value, of one clip. */
export type Scores = Record<string, number>;
/** What is compared with the truth, in natural units. */
export interface Predictions {
  model: ClipValues[Modality];
  tokenizer: ClipValues[Modality];
}
/** A row of scores for each predictor: the model, its tokenizer alone, and those that don't look. */
type Scorer = (
  clip: EgoM2pClip,
  predictions: Predictions,
  means: TrainingMeans,
  size: number,
) => Promise<Record<string, Scores>>;

export const scorers: Record<EvaluationTask, Scorer> = {
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
