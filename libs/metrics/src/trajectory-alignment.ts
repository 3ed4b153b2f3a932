import {
  add,
  fromQuaternion,
  identityRotation,
  rotate,
  type Rotation,
  scale,
  subtract,
  type Vector3,
} from '@egolab/ego-data';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Rigid, or rigid with one scale. */
export type Alignment = 'se3' | 'sim3';

/** x -> scale R x + t. */
export interface Similarity {
  readonly scale: number;
  readonly rotation: Rotation;
  readonly translation: Vector3;
  /** whether other transforms fit as well: positions on a line or a point (evo's "degenerate covariance rank") */
  readonly degenerate: boolean;
}

interface Spread {
  readonly predictedMean: Vector3;
  readonly truthMean: Vector3;
  /** mean of (y - mean y)(x - mean x)^T, row-major 3x3 */
  readonly covariance: readonly number[];
  /** mean of |x - mean x|^2 */
  readonly variance: number;
}

/**
 * The similarity that takes predicted positions closest to the true ones in the least-squares sense (Umeyama 1991). The
 * rotation is found as the quaternion of the largest eigenvalue of Horn's (1987) 4x4 matrix: the same optimum, and always a
 * proper rotation. That eigenvalue is Umeyama's tr(D S), so the scale is it over the variance; for a prediction that stands
 * still the scale is 1.
 *
 * @throws RangeError without positions
 */
export function align(predicted: readonly Vector3[], truth: readonly Vector3[], alignment: Alignment): Similarity {
  if (predicted.length === 0 || predicted.length !== truth.length)
    throw new RangeError(`expected as many predicted positions as true ones, ${truth.length}, got ${predicted.length}`);
  const { predictedMean, truthMean, covariance, variance } = spread(predicted, truth);
  const { rotation, trace, unique } = bestRotation(covariance);
  const size = alignment === 'sim3' && variance > 0 ? Math.max(0, trace) / variance : 1;
  const translation = subtract(truthMean, scale(rotate(rotation, predictedMean), size));
  return { scale: size, rotation, translation, degenerate: !unique };
}

/** The aligned positions. */
export function applyAlignment(
  { scale: size, rotation, translation }: Similarity,
  positions: readonly Vector3[],
): Vector3[] {
  return positions.map((position) => add(scale(rotate(rotation, position), size), translation));
}

/** The prediction turned by the rotation that fits the centred positions, and not moved: the release's alignment. */
export function rotateOnly(predicted: readonly Vector3[], truth: readonly Vector3[]): Vector3[] {
  const { rotation } = bestRotation(spread(predicted, truth).covariance);
  return predicted.map((position) => rotate(rotation, position));
}

function spread(predicted: readonly Vector3[], truth: readonly Vector3[]): Spread {
  const [predictedMean, truthMean] = [mean(predicted), mean(truth)];
  const covariance = new Array<number>(9).fill(0);
  let variance = 0;
  predicted.forEach((position, i) => {
    const x = subtract(position, predictedMean);
    const y = subtract(truth[i], truthMean);
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) covariance[row * 3 + column] += (y[row] * x[column]) / truth.length;
    }
    variance += (x[0] ** 2 + x[1] ** 2 + x[2] ** 2) / truth.length;
  });
  return { predictedMean, truthMean, covariance, variance };
}

function mean(positions: readonly Vector3[]): Vector3 {
  return scale(
    positions.reduce((sum, position) => add(sum, position), [0, 0, 0] as Vector3),
    1 / positions.length,
  );
}

/** The R that maximises tr(R^T C), that maximum, and whether no other R reaches it. */
function bestRotation(c: readonly number[]): { rotation: Rotation; trace: number; unique: boolean } {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = c; // rows: truth, columns: prediction
  const horn = [
    [xx + yy + zz, zy - yz, xz - zx, yx - xy],
    [zy - yz, xx - yy - zz, xy + yx, xz + zx],
    [xz - zx, xy + yx, yy - xx - zz, yz + zy],
    [yx - xy, xz + zx, yz + zy, zz - xx - yy],
  ];
  const { values, vectors } = symmetricEigen(horn.flat(), 4);
  const size = Math.max(Math.abs(values[0]), Math.abs(values[3]));
  if (size === 0) return { rotation: identityRotation, trace: 0, unique: false };
  const [w, x, y, z] = vectors;
  return {
    rotation: fromQuaternion({ x, y, z, w }),
    trace: values[0],
    unique: values[0] - values[1] > 1e-12 * size,
  };
}
