/** RGB pixels in C order: uint8 `[height, width, 3]`. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Mean and standard deviation of CLIP's training pixels in [0, 1], per channel. */
export const clipPixelMean = [0.48145466, 0.4578275, 0.40821073] as const;
export const clipPixelStd = [0.26862954, 0.26130258, 0.27577711] as const;

/** The mean as a colour, trunc(255 mean): what pads an image to a square. */
export const clipPaddingColour = [122, 116, 104] as const;

const fixedPointBits = 22;

/**
 * Antialiased bicubic resize (a = -1/2) in the fixed-point arithmetic of PIL's `Image.resize(…, BICUBIC)`: a horizontal
 * pass rounded to uint8, then a vertical one. Bit-equal to Pillow.
 */
export function resizeBicubic(image: RgbImage, height: number, width: number): RgbImage {
  const rows = width === image.width ? image : resizeRows(image, width);
  return height === rows.height ? rows : transpose(resizeRows(transpose(rows), height));
}

/** Resample each row to `width` pixels. */
function resizeRows(image: RgbImage, width: number): RgbImage {
  const { height, width: from, data } = image;
  const taps = bicubicTaps(from, width);
  const out = new Uint8Array(height * width * 3);
  for (let x = 0; x < width; x++) {
    const { first, weights } = taps[x];
    for (let y = 0; y < height; y++) {
      const start = (y * from + first) * 3;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 1 << (fixedPointBits - 1);
        for (let k = 0; k < weights.length; k++) sum += weights[k] * data[start + k * 3 + channel];
        out[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, sum >> fixedPointBits));
      }
    }
  }
  return { data: out, height, width };
}

/** For each output pixel the first input pixel and the fixed-point weights of those that it mixes. */
function bicubicTaps(from: number, to: number): { first: number; weights: Int32Array }[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1); // the kernel widens when the image shrinks: antialiasing
  const support = 2 * stretch;
  return Array.from({ length: to }, (_, x) => {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const raw = Array.from({ length: end - first }, (_, k) => bicubic((k + first - centre + 0.5) * (1 / stretch)));
    const sum = raw.reduce((a, b) => a + b, 0);
    const fixed = raw.map((weight) => {
      const scaled = (weight / sum) * (1 << fixedPointBits);
      return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
    return { first, weights: Int32Array.from(fixed) };
  });
}

/** Keys' cubic convolution kernel with a = -1/2. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function transpose({ data, height, width }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (x * height + y) * 3;
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    }
  }
  return { data: out, height: width, width: height };
}

/** Height and width once the shorter side is `edge`; the longer side is truncated: 40x56 becomes 32x44. */
export function shortestEdgeSize(height: number, width: number, edge: number): { height: number; width: number } {
  return height <= width
    ? { height: edge, width: Math.trunc((edge * width) / height) }
    : { height: Math.trunc((edge * height) / width), width: edge };
}

/** Cut the middle out; an odd rest leaves the larger part below and to the right. */
export function centreCrop(image: RgbImage, height: number, width: number): RgbImage {
  if (height > image.height || width > image.width) {
    throw new Error(`expected an image of at least ${height}x${width} to crop, got ${image.height}x${image.width}`);
  }
  const top = Math.floor((image.height - height) / 2);
  const left = Math.floor((image.width - width) / 2);
  const out = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3;
    out.set(image.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { data: out, height, width };
}

/** Put an image in the middle of a square of CLIP's mean colour; nothing is lost, the sides are filled. */
export function padToSquare(image: RgbImage): RgbImage {
  const side = Math.max(image.height, image.width);
  const top = Math.floor((side - image.height) / 2);
  const left = Math.floor((side - image.width) / 2);
  const out = new Uint8Array(side * side * 3);
  for (let i = 0; i < out.length; i++) out[i] = clipPaddingColour[i % 3];
  for (let y = 0; y < image.height; y++) {
    out.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), ((top + y) * side + left) * 3);
  }
  return { data: out, height: side, width: side };
}

/**
 * CLIPImageProcessor before normalisation: shortest edge to `shortestEdge` (bicubic), centre crop. With `aspect: 'pad'`
 * the image becomes a square first, as VideoLLaMA2 trains with image_aspect_ratio=pad.
 */
export function clipResize(
  image: RgbImage,
  size: { readonly shortestEdge: number; readonly cropHeight?: number; readonly cropWidth?: number },
  aspect: 'pad' | 'crop' = 'crop',
): RgbImage {
  const { shortestEdge, cropHeight = shortestEdge, cropWidth = shortestEdge } = size;
  const whole = aspect === 'pad' ? padToSquare(image) : image;
  const target = shortestEdgeSize(whole.height, whole.width, shortestEdge);
  return centreCrop(resizeBicubic(whole, target.height, target.width), cropHeight, cropWidth);
}

/** uint8 pixels `[…, 3]` to float32 (value / 255 - mean) / std. */
export function normalizePixels(
  data: Uint8Array,
  mean: readonly number[] = clipPixelMean,
  std: readonly number[] = clipPixelStd,
): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = (data[i] / 255 - mean[i % 3]) / std[i % 3];
  return out;
}
