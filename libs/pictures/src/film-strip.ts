/** RGB pixels in C order, uint8 `[height, width, 3]`; `writePng` of the video library takes it with `channels: 3`. */
export interface Picture {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Square frames, uint8 `[frames, size, size, channels]`; one channel is depth, and coloured. */
export interface StripRow {
  readonly data: Uint8Array;
  readonly channels: 1 | 3;
}

/** Pixels between frames. */
const gap = 2;

/**
 * Frames of several clips under each other, `columns` of each spread evenly over time: RGB as it is, depth (inverse, 255 the nearest)
 * from violet (far) to yellow (near). Rows may be truth and prediction, or input and generated video.
 *
 * @param rows all of the same number of frames and the same size
 * @throws Error when a row isn't whole frames, or the rows differ in length
 */
export function filmStrip(rows: readonly StripRow[], size: number, columns = 8): Picture {
  const counts = rows.map(({ data, channels }) => data.length / (size * size * channels));
  if (!counts.every((count) => Number.isInteger(count) && count > 0 && count === counts[0]))
    throw new Error(`expected rows of equally many ${size}x${size} frames, got ${counts.join(', ')}`);
  const shown = Math.min(columns, counts[0]);
  const width = shown * (size + gap) - gap;
  const height = rows.length * (size + gap) - gap;
  const data = new Uint8Array(height * width * 3).fill(255);
  rows.forEach((row, r) => {
    for (let column = 0; column < shown; column++) {
      const frame = shown === 1 ? 0 : Math.round((column * (counts[0] - 1)) / (shown - 1));
      paste(row, frame, size, { data, width, top: r * (size + gap), left: column * (size + gap) });
    }
  });
  return { data, height, width };
}

interface Place {
  readonly data: Uint8Array;
  readonly width: number;
  readonly top: number;
  readonly left: number;
}

function paste({ data, channels }: StripRow, frame: number, size: number, place: Place): void {
  for (let i = 0; i < size * size; i++) {
    const from = (frame * size * size + i) * channels;
    const to = ((place.top + Math.floor(i / size)) * place.width + place.left + (i % size)) * 3;
    place.data.set(channels === 1 ? depthColour(data[from]) : data.subarray(from, from + 3), to);
  }
}

/** Colours between which depth is mixed, far to near; brightness rises steadily, so that it also reads in grey. */
const scale = [
  [33, 12, 74],
  [101, 21, 110],
  [174, 48, 91],
  [232, 93, 43],
  [251, 164, 10],
  [252, 255, 164],
] as const;

/** Colour of an inverse depth 0 (far) to 255 (near). */
export function depthColour(value: number): [number, number, number] {
  const position = (value / 255) * (scale.length - 1);
  const index = Math.min(scale.length - 2, Math.floor(position));
  const rest = position - index;
  const channel = (c: 0 | 1 | 2) => Math.round(scale[index][c] * (1 - rest) + scale[index + 1][c] * rest);
  return [channel(0), channel(1), channel(2)];
}

/** Gaze points to draw on frames, fractions of the square, `[frames, 2]`. */
export interface DrawnGaze {
  readonly xy: ArrayLike<number>;
  /** `[frames]`; all frames when not given */
  readonly valid?: ArrayLike<number>;
  readonly colour: readonly [number, number, number];
}

/**
 * Gaze on frames: a ring in the gaze's colour on a dark rim. Points outside a frame are left out.
 * @param frames uint8 `[frames, size, size, 3]`; not changed
 * @returns frames of the same shape
 */
export function gazeOnFrames(frames: Uint8Array, size: number, gazes: readonly DrawnGaze[]): Uint8Array {
  const out = frames.slice();
  const bytes = size * size * 3;
  for (const { xy, valid, colour } of gazes) {
    for (let t = 0; t < out.length / bytes; t++) {
      if (valid && !valid[t]) continue;
      drawRing(out.subarray(t * bytes, (t + 1) * bytes), size, [xy[t * 2] * size, xy[t * 2 + 1] * size], colour);
    }
  }
  return out;
}

function drawRing(
  frame: Uint8Array,
  size: number,
  [x, y]: readonly [number, number],
  colour: readonly [number, number, number],
): void {
  const radius = Math.max(2, size / 24);
  const reach = Math.ceil(radius + 2);
  for (let row = Math.max(0, Math.floor(y) - reach); row < Math.min(size, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x) - reach); column < Math.min(size, x + reach); column++) {
      const distance = Math.abs(Math.hypot(column + 0.5 - x, row + 0.5 - y) - radius);
      if (distance <= 0.9) frame.set(colour, (row * size + column) * 3);
      else if (distance <= 1.7) frame.set([20, 20, 20], (row * size + column) * 3);
    }
  }
}
