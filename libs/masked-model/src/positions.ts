import type { TokenModality } from './modalities.ts';
import { numTokens } from './modalities.ts';

/** Base of the wavelengths. */
const BASE = 10000;

/**
 * Fixed sine-cosine position embeddings.
 *
 * - sequence: the first half of the channels sin(p w_k), the second half cos(p w_k), w_k = base^(-k / (dim / 2));
 * - video: a third of the channels for each of time, height and width, inside a third sine and cosine in turn,
 *   w_k = base^(-2k / (dim / 3)).
 *
 * @returns `[tokens, dim]`, row-major
 */
export function positionEmbeddings(modality: TokenModality, dim: number): Float32Array {
  const { shape } = modality;
  const table = new Float32Array(numTokens(modality) * dim);
  if (shape.length === 1) {
    for (let position = 0; position < shape[0]; position++) table.set(blocked(position, dim), position * dim);
    return table;
  }
  const [time, height, width] = shape;
  let row = 0;
  for (let t = 0; t < time; t++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        table.set([t, y, x].flatMap((position) => interleaved(position, dim / 3)), row++ * dim); // prettier-ignore
  return table;
}

function blocked(position: number, dim: number): number[] {
  const half = dim / 2;
  const angles = Array.from({ length: half }, (_, k) => position * BASE ** (-k / half));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

function interleaved(position: number, dim: number): number[] {
  return Array.from({ length: dim }, (_, channel) => {
    const angle = position * BASE ** ((-2 * Math.floor(channel / 2)) / dim);
    return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}
