import { filmStrip, pictureLimits, type Picture, type StripRow } from '@egolab/pictures';
import { pngBytes } from '@egolab/video';

/** Side of a frame in a picture, pixels; smaller ones are enlarged by a whole number. */
const SHOWN_SIDE = 128;

/** How coarse a picture is: colours are multiples of `step`, and squares of `block` pixels have one. */
export interface Coarseness {
  readonly step: number;
  readonly block: number;
}

const COARSENESS: readonly Coarseness[] = [
  { step: 1, block: 1 },
  { step: 4, block: 1 },
  { step: 8, block: 1 },
  { step: 16, block: 1 },
  { step: 16, block: 2 },
  { step: 32, block: 4 },
  { step: 64, block: 8 },
];

/** As fine as the report's limit allows. */
export function fitting<Drawn extends Uint8Array | string>(draw: (coarseness: Coarseness) => Drawn): Drawn {
  let drawn = draw(COARSENESS[0]);
  for (let i = 1; i < COARSENESS.length && Buffer.byteLength(drawn) > pictureLimits.bytes; i++)
    drawn = draw(COARSENESS[i]);
  return drawn;
}

/** A map or frame beside others of its column: square, row-major. */
export interface Square<Data extends ArrayLike<number> = ArrayLike<number>> {
  readonly data: Data;
  readonly side: number;
}

/** One column of {@link depthPicture}. */
export interface DepthColumn {
  /** RGB `[side, side, 3]` */
  readonly frame: Square<Uint8Array>;
  /** grey levels of inverse depth, 255 the nearest; one a row */
  readonly maps: readonly Square<Uint8Array>[];
}

/** A row of frames and below it rows of depth maps, nearest pixel, as a PNG. */
export function depthPicture(columns: readonly DepthColumn[]): Buffer {
  const frames = columns.map(({ frame }) => frame);
  const maps = columns[0].maps.map((_, row) => columns.map(({ maps }) => maps[row]));
  return strips([{ squares: frames, channels: 3 }, ...maps.map((squares) => ({ squares, channels: 1 as const }))]);
}

/** Rows of RGB frames of one size, as a PNG. */
export const framesPicture = (rows: readonly (readonly Square<Uint8Array>[])[]): Buffer =>
  strips(rows.map((squares) => ({ squares, channels: 3 })));

interface Strip {
  readonly squares: readonly Square<Uint8Array>[];
  readonly channels: 1 | 3;
}

function strips(rows: readonly Strip[]): Buffer {
  const side = shownSide(rows[0].squares[0].side);
  return fitting((coarseness) => {
    const drawn = rows.map(({ squares, channels }): StripRow => {
      const each = squares.map((square) => resized(square, side, channels, coarseness));
      return { data: besides(each), channels };
    });
    return png(filmStrip(drawn, side, rows[0].squares.length));
  });
}

const png = ({ data, height, width }: Picture): Buffer => pngBytes({ data, height, width, channels: 3 });

/** A whole multiple of a small side, so that pixels stay square. */
const shownSide = (side: number): number => (side >= SHOWN_SIDE ? SHOWN_SIDE : side * Math.round(SHOWN_SIDE / side));

function besides(parts: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(parts.length * parts[0].length);
  parts.forEach((part, i) => data.set(part, i * part.length));
  return data;
}

/** A square at another size, nearest pixel. */
export function resized(
  { data, side }: Square<Uint8Array>,
  to: number,
  channels: 1 | 3,
  { step, block }: Coarseness,
): Uint8Array {
  const source = (i: number) => Math.floor(((i - (i % block)) * side) / to);
  const colour = (value: number) => (step === 1 ? value : Math.min(255, Math.round(value / step) * step));
  const out = new Uint8Array(to * to * channels);
  for (let y = 0; y < to; y++) {
    for (let x = 0; x < to; x++) {
      const from = (source(y) * side + source(x)) * channels;
      for (let channel = 0; channel < channels; channel++)
        out[(y * to + x) * channels + channel] = colour(data[from + channel]);
    }
  }
  return out;
}

/**
 * Grey levels of values between two bounds; by default the least and the largest.
 * Values that are no numbers, such as the inverse of an unknown depth, are 0.
 */
export function levels(values: ArrayLike<number>, bounds?: readonly [low: number, high: number]): Uint8Array {
  const [low, high] = bounds ?? boundsOf(values);
  return Uint8Array.from(values, (value) => {
    const share = (value - low) / Math.max(1e-9, high - low);
    return Number.isFinite(share) ? Math.round(255 * Math.min(1, Math.max(0, share))) : 0;
  });
}

/** Least and largest finite value. */
export function boundsOf(values: ArrayLike<number>): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

/** The middle of equal stretches of a list: at most `count` items, spread over all. */
export function spread<T>(items: readonly T[], count: number): T[] {
  const shown = Math.min(count, items.length);
  return Array.from({ length: shown }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / shown)]);
}
