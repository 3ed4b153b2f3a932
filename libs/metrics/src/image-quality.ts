/** Videos of equal size, uint8 `[frames, height, width, channels]`. */
export interface PixelVideo {
  readonly data: Uint8Array;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A mean squared error (of values in [0, 1]) below this counts as equal: 100 dB, as the public video metrics do. */
const equal = 1e-10;
const maxPsnr = 100;

/**
 * Peak signal-to-noise ratio in dB of each frame, then the mean (which isn't the PSNR of the mean error). Equal frames count
 * 100 dB.
 */
export function psnr(predicted: PixelVideo, truth: PixelVideo): number {
  requireEqualSizes(predicted, truth);
  const size = truth.height * truth.width * truth.channels;
  let sum = 0;
  for (let t = 0; t < truth.frames; t++) {
    let squares = 0;
    for (let i = t * size; i < (t + 1) * size; i++) squares += (predicted.data[i] - truth.data[i]) ** 2;
    const error = squares / size / 255 ** 2;
    sum += error < equal ? maxPsnr : -10 * Math.log10(error);
  }
  return sum / truth.frames;
}

/** Side of the SSIM window. */
export const ssimWindow = 11;
const sigma = 1.5;
const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/**
 * Structural similarity (Wang et al. 2004): 11x11 Gaussian window of sigma 1.5, population covariance, windows inside the
 * image only, each channel by itself; the mean over windows, channels and frames.
 * @throws RangeError for frames smaller than the window
 */
export function ssim(predicted: PixelVideo, truth: PixelVideo): number {
  requireEqualSizes(predicted, truth);
  const { frames, height, width, channels } = truth;
  if (height < ssimWindow || width < ssimWindow)
    throw new RangeError(`expected frames of at least ${ssimWindow}x${ssimWindow}, got ${height}x${width}`);
  let sum = 0;
  for (let t = 0; t < frames; t++) {
    for (let channel = 0; channel < channels; channel++) {
      sum += planeSsim(plane(predicted, t, channel), plane(truth, t, channel), height, width);
    }
  }
  return sum / (frames * channels);
}

function plane({ data, height, width, channels }: PixelVideo, frame: number, channel: number): Float64Array {
  const size = height * width;
  return Float64Array.from({ length: size }, (_, i) => data[(frame * size + i) * channels + channel]);
}

function planeSsim(x: Float64Array, y: Float64Array, height: number, width: number): number {
  const filter = (values: Float64Array) => gaussianValid(values, height, width);
  const meanX = filter(x);
  const meanY = filter(y);
  const squareX = filter(x.map((value) => value * value));
  const squareY = filter(y.map((value) => value * value));
  const product = filter(x.map((value, i) => value * y[i]));
  let sum = 0;
  for (let i = 0; i < meanX.length; i++) {
    const [mx, my] = [meanX[i], meanY[i]];
    const [vx, vy, cov] = [squareX[i] - mx * mx, squareY[i] - my * my, product[i] - mx * my];
    sum += ((2 * mx * my + c1) * (2 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2));
  }
  return sum / meanX.length;
}

const kernel = (() => {
  const half = (ssimWindow - 1) / 2;
  const weights = Array.from({ length: ssimWindow }, (_, i) => Math.exp(-((i - half) ** 2) / (2 * sigma ** 2)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
})();

/** Gaussian-weighted means of all windows inside, `[height - 10, width - 10]`: along rows, then along columns. */
function gaussianValid(values: Float64Array, height: number, width: number): Float64Array {
  const [outHeight, outWidth] = [height - ssimWindow + 1, width - ssimWindow + 1];
  const rows = new Float64Array(height * outWidth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < ssimWindow; k++) sum += kernel[k] * values[y * width + x + k];
      rows[y * outWidth + x] = sum;
    }
  }
  const out = new Float64Array(outHeight * outWidth);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < ssimWindow; k++) sum += kernel[k] * rows[(y + k) * outWidth + x];
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

function requireEqualSizes(a: PixelVideo, b: PixelVideo): void {
  const shape = ({ frames, height, width, channels }: PixelVideo) => [frames, height, width, channels].join('x');
  if (shape(a) !== shape(b)) throw new RangeError(`expected ${shape(b)} pixels, got ${shape(a)}`);
}
