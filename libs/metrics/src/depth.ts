import { alignDepth, type DepthAlignment, validDepth } from './depth-alignment.ts';

/** A sequence of depth maps, `[frames, height, width]` in C order. */
export interface DepthMaps {
  readonly data: ArrayLike<number>;
  readonly frames: number;
}

/** Fractions, not percent, but for `rmse`, which has the truth's unit. */
export interface DepthErrors {
  /** mean of |d - d*| / d* */
  readonly absRel: number;
  readonly rmse: number;
  /** share of pixels with max(d / d*, d* / d) below 1.25 */
  readonly delta1: number;
  /** below 1.25^2 */
  readonly delta2: number;
  /** below 1.25^3 */
  readonly delta3: number;
}

export interface DepthOptions {
  /** one for the whole sequence; default `none` */
  readonly alignment?: DepthAlignment;
  /**
   * `sequence` (default): all valid pixels count alike, as MonST3R; `frame`: the mean of each frame's mean, as DepthCrafter;
   * frames without a valid pixel don't count.
   */
  readonly pool?: 'sequence' | 'frame';
}

/** Sums over pixels; the errors are their means. */
interface Sums {
  n: number;
  absRel: number;
  square: number;
  readonly below: [number, number, number];
}

/**
 * Depth errors of a sequence (EgoM2P section 4.3). Pixels whose truth is 0, negative or not finite are invalid and don't
 * count.
 *
 * @param predicted depth in the truth's unit, or inverse depth for the alignment `affine-disparity`
 * @returns NaN throughout when no pixel is valid
 * @throws RangeError when the sizes differ
 */
export function depthErrors(predicted: DepthMaps, truth: DepthMaps, options: DepthOptions = {}): DepthErrors {
  const { alignment = 'none', pool = 'sequence' } = options;
  if (predicted.data.length !== truth.data.length || predicted.frames !== truth.frames)
    throw new RangeError(
      `expected ${truth.frames} frames of ${truth.data.length / truth.frames} pixels, got ${predicted.frames} of ${predicted.data.length / predicted.frames}`,
    );
  const depthOf = alignDepth(predicted.data, truth.data, alignment);
  const framePixels = truth.data.length / truth.frames;
  const stretches = pool === 'sequence' ? 1 : truth.frames;
  const results: DepthErrors[] = [];
  for (let part = 0; part < stretches; part++) {
    const from = part * framePixels;
    const to = pool === 'sequence' ? truth.data.length : from + framePixels;
    const sums = sumErrors(predicted.data, truth.data, from, to, depthOf);
    if (sums.n > 0) results.push(meansOf(sums));
  }
  return meanOf(results);
}

function sumErrors(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  from: number,
  to: number,
  depthOf: (value: number) => number,
): Sums {
  const sums: Sums = { n: 0, absRel: 0, square: 0, below: [0, 0, 0] };
  for (let i = from; i < to; i++) {
    const expected = truth[i];
    if (!validDepth(expected)) continue;
    const depth = depthOf(predicted[i]);
    const difference = Math.abs(depth - expected);
    const ratio = Math.max(depth / expected, expected / depth);
    sums.n++;
    sums.absRel += difference / expected;
    sums.square += difference * difference;
    for (let k = 0; k < 3; k++) if (ratio < 1.25 ** (k + 1)) sums.below[k]++;
  }
  return sums;
}

function meansOf({ n, absRel, square, below }: Sums): DepthErrors {
  return {
    absRel: absRel / n,
    rmse: Math.sqrt(square / n),
    delta1: below[0] / n,
    delta2: below[1] / n,
    delta3: below[2] / n,
  };
}

function meanOf(results: readonly DepthErrors[]): DepthErrors {
  const mean = (pick: (errors: DepthErrors) => number) =>
    results.reduce((sum, errors) => sum + pick(errors), 0) / results.length;
  return {
    absRel: mean(({ absRel }) => absRel),
    rmse: mean(({ rmse }) => rmse),
    delta1: mean(({ delta1 }) => delta1),
    delta2: mean(({ delta2 }) => delta2),
    delta3: mean(({ delta3 }) => delta3),
  };
}
