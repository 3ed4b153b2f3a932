import { z } from 'zod';
import type { DepthMaps, DepthTeacher, NoDepth } from './teacher/teacher.ts';

/** How a teacher's depth becomes the target of equation 5, inverse depth in [0, 1]. */
export const depthTargetSchema = z.strictObject({
  /** whose minimum and maximum become 0 and 1: `frame` as released (the scale jumps between frames), `clip` keeps the frames comparable */
  scope: z.enum(['frame', 'clip']),
  /** `uint8`: truncated to 8 bits as released; `float32`: kept */
  precision: z.enum(['uint8', 'float32']),
  /** `last`: normalised and quantised maps are resized, as released; `first`: the teacher's depth is */
  resize: z.enum(['last', 'first']),
  /** pixels of the shorter side; the longer one is truncated */
  shortSide: z.number().int().positive(),
});
export type DepthTargetOptions = z.infer<typeof depthTargetSchema>;

/**
 * Normalised inverse depth: near is 1, far is 0.
 *
 * @param maps a teacher's depth or inverse depth; +Infinity metres is as far as can be
 * @returns values in [0, 1], multiples of 1/255 before a resize `last` when `precision` is `uint8`; or why there is no target:
 * a value that is no number, a depth of zero or below, a frame (or clip) of one value, whose range can't be normalised
 */
export function depthTargets(
  maps: DepthMaps,
  quantity: DepthTeacher['quantity'],
  options: DepthTargetOptions,
): DepthMaps | NoDepth {
  const inverse =
    quantity === 'depth' ? { ...maps, data: maps.data.map((metres) => (metres > 0 ? 1 / metres : NaN)) } : maps;
  const bad = inverse.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) return { skipped: `depth that is no number above zero` };
  const scaled = options.resize === 'first' ? resizeMaps(inverse, options.shortSide) : inverse;
  const normalized = normalize(scaled, options);
  if (!normalized) return { skipped: `constant depth in a ${options.scope}` };
  return options.resize === 'last' ? resizeMaps(normalized, options.shortSide) : normalized;
}

function normalize(maps: DepthMaps, { scope, precision }: DepthTargetOptions): DepthMaps | undefined {
  const { data, numFrames } = maps;
  const out = new Float32Array(data.length);
  const span = scope === 'frame' ? data.length / numFrames : data.length;
  for (let start = 0; start < data.length; start += span) {
    let low = Infinity;
    let high = -Infinity;
    for (let i = start; i < start + span; i++) {
      low = Math.min(low, data[i]);
      high = Math.max(high, data[i]);
    }
    if (!(high > low)) return undefined;
    for (let i = start; i < start + span; i++) {
      const value = (data[i] - low) / (high - low);
      out[i] = precision === 'uint8' ? Math.trunc(value * 255) / 255 : value;
    }
  }
  return { ...maps, data: out };
}

/** Bilinear, pixel borders aligned, no antialiasing (OpenCV's INTER_LINEAR). */
export function resizeMaps({ data, numFrames, height, width }: DepthMaps, shortSide: number): DepthMaps {
  const scale = shortSide / Math.min(height, width);
  const [toHeight, toWidth] =
    height <= width ? [shortSide, Math.trunc(width * scale + 1e-9)] : [Math.trunc(height * scale + 1e-9), shortSide];
  if (toHeight === height && toWidth === width) return { data, numFrames, height, width };
  const rows = taps(height, toHeight);
  const columns = taps(width, toWidth);
  const out = new Float32Array(numFrames * toHeight * toWidth);
  let at = 0;
  for (let t = 0; t < numFrames; t++) {
    for (const row of rows) {
      const [above, below] = [(t * height + row.first) * width, (t * height + row.second) * width];
      for (const { first, second, weight } of columns) {
        const top = data[above + first] * (1 - weight) + data[above + second] * weight;
        const bottom = data[below + first] * (1 - weight) + data[below + second] * weight;
        out[at++] = top * (1 - row.weight) + bottom * row.weight;
      }
    }
  }
  return { data: out, numFrames, height: toHeight, width: toWidth };
}

/** For each output position the two inputs that it mixes, and the second one's weight. */
function taps(from: number, to: number): { first: number; second: number; weight: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const source = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(source);
    return { first, second: Math.min(from - 1, first + 1), weight: source - first };
  });
}
