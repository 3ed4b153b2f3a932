import { compose, inverse, norm, type Pose, rotationAngle, subtract, type Trajectory } from '@egolab/ego-data';
import { align, type Alignment, applyAlignment, rotateOnly } from './trajectory-alignment.ts';

/** Two trajectories in step: pose i of one belongs to pose i of the other. */
export interface PosePairs {
  readonly predicted: readonly Pose[];
  readonly truth: readonly Pose[];
}

/** Largest difference of two timestamps that belong together, seconds. */
export const associationLimit = 0.01;

/**
 * Pair poses by time as evo does: each pose of the shorter trajectory takes the nearest one of the longer, at most `limit`
 * seconds away. Poses without a partner are left out.
 *
 * @param limit seconds, itself included
 */
export function associate(predicted: Trajectory, truth: Trajectory, limit: number = associationLimit): PosePairs {
  const predictedIsLonger = predicted.timestamps.length > truth.timestamps.length;
  const [short, long] = predictedIsLonger ? [truth, predicted] : [predicted, truth];
  const pairs = short.timestamps.flatMap((time, i) => {
    const j = nearest(long.timestamps, time);
    return Math.abs(long.timestamps[j] - time) <= limit ? [[short.poses[i], long.poses[j]] as const] : [];
  });
  const [first, second] = [pairs.map(([pose]) => pose), pairs.map(([, pose]) => pose)];
  return predictedIsLonger ? { predicted: second, truth: first } : { predicted: first, truth: second };
}

/** Index of the entry of an ascending list that is nearest; of two the earlier. */
function nearest(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  return Math.abs(times[low] - time) <= Math.abs(times[high] - time) ? low : high;
}

/**
 * Absolute trajectory error: root mean square distance of the positions, metres, after an alignment of the prediction.
 *
 * - `none`: as given;
 * - `se3`: rotation and translation by least squares (Umeyama 1991, as evo and MonST3R), `sim3`: scale too;
 * - `rotation`: the released EgoM2P definition, which turns the prediction by the rotation of the *centred* positions and
 *   doesn't move it.
 *
 * Paper and released code differ (the paper names no alignment), so results always name it. A standing or straight
 * trajectory has no unique alignment; the error after the best one is unique, and that is what is returned: no NaN.
 *
 * @throws RangeError without pairs
 */
export function absoluteTrajectoryError(pairs: PosePairs, alignment: Alignment | 'none' | 'rotation'): number {
  const predicted = positions(pairs.predicted);
  const truth = positions(pairs.truth);
  requirePairs(pairs, 1);
  const moved =
    alignment === 'none'
      ? predicted
      : alignment === 'rotation'
        ? rotateOnly(predicted, truth)
        : applyAlignment(align(predicted, truth, alignment), predicted);
  return rootMeanSquare(truth.map((position, i) => norm(subtract(position, moved[i]))));
}

/**
 * Relative errors between consecutive pairs, E = inv(inv(G_i) G_i+1) inv(P_i) P_i+1: root mean squares of |t(E)| in metres
 * (RTE) and of its angle in degrees (RRE). Unscaled, all neighbours; no rigid alignment changes them.
 *
 * @throws RangeError for fewer than two pairs
 */
export function relativePoseErrors(pairs: PosePairs): { readonly rte: number; readonly rre: number } {
  requirePairs(pairs, 2);
  const { predicted, truth } = pairs;
  const errors = truth.slice(1).map((_, i) => {
    const expected = compose(inverse(truth[i]), truth[i + 1]);
    return compose(inverse(expected), compose(inverse(predicted[i]), predicted[i + 1]));
  });
  return {
    rte: rootMeanSquare(errors.map(({ translation }) => norm(translation))),
    rre: rootMeanSquare(errors.map(({ rotation }) => (rotationAngle(rotation) * 180) / Math.PI)),
  };
}

/** The camera-tracking numbers of a prediction; metres, metres, degrees. */
export interface TrajectoryErrors {
  readonly ateNone: number;
  readonly ateSe3: number;
  readonly ateSim3: number;
  readonly rte: number;
  readonly rre: number;
  readonly pairs: number;
}

/** All camera-tracking errors of a pair of trajectories (EgoM2P table 2). @throws RangeError for fewer than two pairs */
export function trajectoryErrors(pairs: PosePairs): TrajectoryErrors {
  return {
    ateNone: absoluteTrajectoryError(pairs, 'none'),
    ateSe3: absoluteTrajectoryError(pairs, 'se3'),
    ateSim3: absoluteTrajectoryError(pairs, 'sim3'),
    ...relativePoseErrors(pairs),
    pairs: pairs.truth.length,
  };
}

const positions = (poses: readonly Pose[]) => poses.map(({ translation }) => translation);

function requirePairs({ predicted, truth }: PosePairs, least: number): void {
  if (predicted.length !== truth.length)
    throw new RangeError(`expected as many predicted poses as true ones, ${truth.length}, got ${predicted.length}`);
  if (truth.length < least) throw new RangeError(`expected at least ${least} pairs of poses, got ${truth.length}`);
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
