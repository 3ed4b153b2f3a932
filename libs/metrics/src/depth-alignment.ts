export const depthAlignments = ['none', 'median', 'affine-depth', 'affine-disparity'] as const;

/**
 * How a prediction is brought to the truth's scale, once for the whole sequence:
 * - `none`: it is in the truth's unit;
 * - `median`: times median(truth) / median(prediction);
 * - `affine-depth`: scale and shift by least squares in depth;
 * - `affine-disparity`: the prediction is inverse depth; scale and shift by least squares against 1 / truth, then inverted,
 *   as DepthCrafter does it.
 *
 * The paper says "sequence-level scale and translation factor" and not in which space, so results name the alignment.
 */
export type DepthAlignment = (typeof depthAlignments)[number];

/** Whether a true depth is one. */
export const validDepth = (depth: number): boolean => depth > 0 && depth < Infinity;

/** Aligned depth (and disparity) isn't below this: a ratio of negative depths means nothing. */
const least = 1e-3;

/**
 * The alignment as a function of one predicted value, fitted on the pixels whose truth is valid.
 *
 * @param predicted, truth equally many values
 */
export function alignDepth(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  alignment: DepthAlignment,
): (value: number) => number {
  switch (alignment) {
    case 'none':
      return (value) => Math.max(value, least);
    case 'median': {
      const middle = median(predicted, truth);
      const factor = middle > 0 ? median(truth, truth) / middle : 0; // of a prediction without depth nothing can be made
      return (value) => Math.max(value * factor, least);
    }
    case 'affine-depth': {
      const { scale, shift } = fitLine(predicted, truth, (depth) => depth);
      return (value) => Math.max(value * scale + shift, least);
    }
    case 'affine-disparity': {
      const { scale, shift } = fitLine(predicted, truth, (depth) => 1 / depth);
      return (value) => 1 / Math.max(value * scale + shift, least);
    }
  }
}

/** Median of the values whose truth is valid; the mean of the middle two of an even number. */
function median(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  const sorted = new Float64Array(truth.length);
  let n = 0;
  for (let i = 0; i < truth.length; i++) if (validDepth(truth[i])) sorted[n++] = values[i];
  const chosen = sorted.subarray(0, n).sort();
  return n % 2 === 1 ? chosen[(n - 1) / 2] : (chosen[n / 2 - 1] + chosen[n / 2]) / 2;
}

/** Least-squares line from predicted values to a function of the truth; a constant prediction gets the mean. */
function fitLine(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  target: (depth: number) => number,
): { scale: number; shift: number } {
  let [n, meanX, meanY] = [0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (!validDepth(truth[i])) continue;
    n++;
    meanX += predicted[i];
    meanY += target(truth[i]);
  }
  meanX /= n;
  meanY /= n;
  let [xx, xy] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (!validDepth(truth[i])) continue;
    const x = predicted[i] - meanX;
    xx += x * x;
    xy += x * (target(truth[i]) - meanY);
  }
  const scale = xx > 0 ? xy / xx : 0;
  return { scale, shift: meanY - scale * meanX };
}
