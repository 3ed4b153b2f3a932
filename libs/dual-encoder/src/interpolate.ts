/**
 * A table of vectors on a square grid, on a grid of another side: bicubic with a = -3/4, pixel borders aligned, no
 * antialiasing, as torch.nn.functional.interpolate(mode='bicubic').
 *
 * @param table row-major `[from, from, width]`
 * @returns `[to, to, width]`
 */
export function interpolateGrid(table: Float32Array, from: number, to: number, width: number): Float32Array {
  const taps = cubicTaps(from, to);
  const out = new Float32Array(to * to * width);
  for (let y = 0; y < to; y++) {
    for (let x = 0; x < to; x++) {
      for (const row of taps[y]) {
        for (const column of taps[x]) {
          const weight = row.weight * column.weight;
          const source = (row.index * from + column.index) * width;
          const target = (y * to + x) * width;
          for (let i = 0; i < width; i++) out[target + i] += weight * table[source + i];
        }
      }
    }
  }
  return out;
}

/** Rows of a table, on another number of rows: linear, row borders aligned. */
export function interpolateRows(table: Float32Array, from: number, to: number, width: number): Float32Array {
  const out = new Float32Array(to * width);
  for (let row = 0; row < to; row++) {
    const source = Math.min(from - 1, Math.max(0, ((row + 0.5) * from) / to - 0.5));
    const first = Math.floor(source);
    const second = Math.min(from - 1, first + 1);
    const weight = source - first;
    for (let i = 0; i < width; i++)
      out[row * width + i] = table[first * width + i] * (1 - weight) + table[second * width + i] * weight;
  }
  return out;
}

interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** For each output position the four inputs that it mixes; those beyond the border are the border's. */
function cubicTaps(from: number, to: number): Tap[][] {
  return Array.from({ length: to }, (_, i) => {
    const source = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(source);
    return [-1, 0, 1, 2].map((offset) => ({
      index: Math.min(from - 1, Math.max(0, first + offset)),
      weight: cubic(source - first - offset),
    }));
  });
}

/** Keys' cubic convolution kernel with a = -3/4. */
function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
