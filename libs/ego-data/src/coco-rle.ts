import { UserError } from '@egolab/foundation';

/** A binary mask in COCO's run-length encoding: runs of 0 and 1 in turn, column by column, compressed to text. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number];
  /** compressed (pycocotools' rleToString), or the run lengths themselves */
  readonly counts: string | readonly number[];
}

/**
 * Encode a mask.
 *
 * @param mask `[height, width]` row-major; nonzero is inside
 */
export function encodeRle(
  mask: ArrayLike<number>,
  height: number,
  width: number,
): { size: [number, number]; counts: string } {
  if (mask.length !== height * width)
    throw new Error(`encodeRle: expected ${height}x${width} values, got ${mask.length}`);
  const runs: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if ((mask[y * width + x] !== 0) === inside) run++;
      else {
        runs.push(run);
        run = 1;
        inside = !inside;
      }
    }
  }
  runs.push(run);
  return { size: [height, width], counts: compress(runs) };
}

/**
 * Decode a mask.
 *
 * @param where what holds it, for messages
 * @returns uint8 `[height, width]` row-major, 0 or 1
 * @throws UserError when the runs don't fill the size
 */
export function decodeRle(rle: CocoRle, where?: string): Uint8Array<ArrayBuffer> {
  const [height, width] = rle.size;
  const runs = runLengths(rle, where); // before memory is taken for what a damaged file says
  const mask = new Uint8Array(height * width);
  let at = 0;
  runs.forEach((run, index) => {
    if (index % 2 === 1) for (let i = at; i < at + run; i++) mask[(i % height) * width + Math.floor(i / height)] = 1;
    at += run;
  });
  return mask;
}

/** Number of pixels inside. */
export function rleArea(rle: CocoRle, where?: string): number {
  return runLengths(rle, where).reduce((sum, run, index) => (index % 2 === 1 ? sum + run : sum), 0);
}

/** The runs, first of pixels outside; they fill the size exactly. */
export function runLengths({ size, counts }: CocoRle, where?: string): number[] {
  const [height, width] = size;
  const runs = typeof counts === 'string' ? decompress(counts, where) : [...counts];
  const total = runs.reduce((sum, run) => sum + run, 0);
  const valid = runs.every((run) => Number.isInteger(run) && run >= 0);
  if (!valid || total !== height * width)
    throw new UserError({
      what: `expected runs that fill ${height}x${width} = ${height * width} pixels, got ${valid ? total : 'runs below zero'}`,
      where,
      mend: 'expected the size and counts of a COCO run-length encoding, column by column',
    });
  return runs;
}

/** LEB128-like: groups of 5 bits, low ones first, with a continuation bit, from character 48; from the fourth run on differences. */
function compress(runs: readonly number[]): string {
  let text = '';
  runs.forEach((run, index) => {
    let value = index > 2 ? run - runs[index - 2] : run;
    for (let more = true; more;) {
      let group = value & 0x1f;
      value >>= 5;
      more = group & 0x10 ? value !== -1 : value !== 0;
      if (more) group |= 0x20;
      text += String.fromCharCode(group + 48);
    }
  });
  return text;
}

function decompress(text: string, where?: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    let shift = 0;
    for (let more = true; more;) {
      const group = text.charCodeAt(at++) - 48;
      if (!(group >= 0 && group < 64) || shift > 25)
        throw new UserError({
          what: `not compressed COCO counts: ${at > text.length ? 'they end within a number' : `character ${at}`}`,
          where,
          mend: 'counts may be base64 text of the compressed counts: decode it first',
        });
      value |= (group & 0x1f) << shift;
      more = (group & 0x20) !== 0;
      shift += 5;
      if (!more && group & 0x10) value |= -1 << shift;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}
