import type { Random } from '@egolab/foundation';
import type { DepthTarget } from './clip-files.ts';

/** A part of a square frame: borders as fractions of its side, half-open. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export const WHOLE: Crop = { top: 0, left: 0, bottom: 1, right: 1 };

/** Aspect ratios, width to height, of torchvision's RandomResizedCrop. */
const RATIO = [3 / 4, 4 / 3] as const;
const TRIES = 10;

/**
 * A random part of a frame, as torchvision's RandomResizedCrop draws it; AVION's `scale` is 0.5 to 1.
 *
 * @param scale smallest and largest share of the area
 */
export function randomCrop(random: Random, [smallest, largest]: readonly [number, number]): Crop {
  for (let i = 0; i < TRIES; i++) {
    const area = random.uniform(smallest, largest);
    const ratio = Math.exp(random.uniform(Math.log(RATIO[0]), Math.log(RATIO[1])));
    const [width, height] = [Math.sqrt(area * ratio), Math.sqrt(area / ratio)];
    if (width > 1 || height > 1) continue;
    const [top, left] = [random.uniform(0, 1 - height), random.uniform(0, 1 - width)];
    return { top, left, bottom: top + height, right: left + width };
  }
  return WHOLE;
}

/**
 * The box by which tf.image.cropAndResize, which puts the first and the last sample on the box's borders, samples a crop at
 * the middles of `to` pixels a side.
 *
 * @param from pixels a side of the frame
 * @returns `[y1, x1, y2, x2]`, in units of from - 1
 */
export function cropBox(
  { top, left, bottom, right }: Crop,
  from: number,
  to: number,
): [number, number, number, number] {
  const at = (begin: number, end: number, pixel: number) =>
    Math.min(1, Math.max(0, samplePosition(begin, end, pixel, from, to) / (from - 1)));
  return [at(top, bottom, 0), at(left, right, 0), at(top, bottom, to - 1), at(left, right, to - 1)];
}

/** Where the middle of pixel `pixel` of `to` lies among `from` pixels, of which 0 is the middle of the first. */
function samplePosition(begin: number, end: number, pixel: number, from: number, to: number): number {
  return (begin + ((pixel + 0.5) / to) * (end - begin)) * from - 0.5;
}

/**
 * The crop of a clip's depth maps, of their centre square as the frames' are cut, at another time and space resolution:
 * bilinear in space; of other numbers of maps those at the middles of equal stretches.
 *
 * @returns `[time, side, side]`
 */
export function cropDepth(
  { data, numFrames, height, width }: DepthTarget,
  crop: Crop,
  { time, side }: { time: number; side: number },
): Float32Array {
  const square = Math.min(height, width);
  const taps = (begin: number, end: number, length: number) =>
    Array.from({ length: side }, (_, pixel) => {
      const inSquare = samplePosition(begin, end, pixel, square, side);
      const at = Math.min(length - 1, Math.max(0, inSquare + (length - square) / 2));
      const first = Math.floor(at);
      return { first, second: Math.min(length - 1, first + 1), weight: at - first };
    });
  const rows = taps(crop.top, crop.bottom, height);
  const columns = taps(crop.left, crop.right, width);
  const out = new Float32Array(time * side * side);
  let i = 0;
  for (let t = 0; t < time; t++) {
    const map = Math.floor(((t + 0.5) * numFrames) / time) * height * width;
    for (const row of rows) {
      const [above, below] = [map + row.first * width, map + row.second * width];
      for (const { first, second, weight } of columns) {
        const top = data[above + first] * (1 - weight) + data[above + second] * weight;
        const bottom = data[below + first] * (1 - weight) + data[below + second] * weight;
        out[i++] = top * (1 - row.weight) + bottom * row.weight;
      }
    }
  }
  return out;
}
