/** Gaze points in fractions of the frame. */
export interface GazePoints {
  /** `[frames, 2]`, x then y, 0 to 1 across the frame */
  readonly xy: ArrayLike<number>;
  /** `[frames]`, non-zero where tracked; all are when not given */
  readonly valid?: ArrayLike<number>;
}

/** Mean squared error of gaze and the number of rows it is taken over. */
export interface GazeError {
  /** NaN when no row is valid */
  readonly mse: number;
  readonly n: number;
}

/**
 * Gaze error of EgoM2P (section 4.2): mean over both coordinates of the squared difference, over the rows in which
 * the truth is valid.
 *
 * @throws RangeError when the numbers of rows differ
 */
export function gazeError(predicted: GazePoints, truth: GazePoints): GazeError {
  if (predicted.xy.length !== truth.xy.length)
    throw new RangeError(`expected ${truth.xy.length / 2} gaze points, got ${predicted.xy.length / 2}`);
  let [sum, n] = [0, 0];
  for (let t = 0; t < truth.xy.length / 2; t++) {
    if (truth.valid && !truth.valid[t]) continue;
    sum += (predicted.xy[t * 2] - truth.xy[t * 2]) ** 2 + (predicted.xy[t * 2 + 1] - truth.xy[t * 2 + 1]) ** 2;
    n++;
  }
  return { mse: n === 0 ? NaN : sum / (2 * n), n };
}
