import { escape } from '@egolab/pictures';
import { pngBytes } from '@egolab/video';
import { fitting, resized, type Coarseness, type Square } from './paint.ts';

/** A frame of a sheet; the border says something that the caption explains. */
export interface SheetFrame extends Square<Uint8Array> {
  readonly border?: 'right' | 'wrong';
}

/** Lines of text, and frames in a row below them. */
export interface SheetRow {
  readonly lines: readonly string[];
  readonly frames: readonly SheetFrame[];
}

const SIDE = 96;
const GAP = 8;
const LINE = 16;
const MARGIN = 10;
/** Characters of a line at the sheet's least width. */
const CHARACTERS = 88;
const LEAST_WIDTH = 560;
const BORDERS = { right: '#15803d', wrong: '#b91c1c' } as const;

/** Text and frames under each other, as an SVG on a white ground. */
export const sheet = (rows: readonly SheetRow[]): string => fitting((coarseness) => drawn(rows, coarseness));

function drawn(rows: readonly SheetRow[], coarseness: Coarseness): string {
  const most = Math.max(...rows.map(({ frames }) => frames.length));
  const width = Math.max(LEAST_WIDTH, 2 * MARGIN + most * (SIDE + GAP) - GAP);
  const parts: string[] = [];
  let y = MARGIN;
  for (const { lines, frames } of rows) {
    for (const line of lines.flatMap((text) => wrapped(text, Math.floor((CHARACTERS * width) / LEAST_WIDTH)))) {
      parts.push(`<text x="${MARGIN}" y="${y + 12}">${escape(line)}</text>`);
      y += LINE;
    }
    if (frames.length > 0) {
      frames.forEach((frame, i) => parts.push(image(frame, MARGIN + i * (SIDE + GAP), y + 2, coarseness)));
      y += SIDE + GAP + 4;
    }
    y += 6;
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + MARGIN - 6}" width="${width}" height="${y + MARGIN - 6}" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="#1f2937"><rect width="100%" height="100%" fill="#ffffff"/>${parts.join('')}</svg>`
  );
}

function image({ data, side, border }: SheetFrame, x: number, y: number, coarseness: Coarseness): string {
  const pixels = Math.min(side, SIDE);
  const small = resized({ data, side }, pixels, 3, coarseness);
  const png = pngBytes({ data: small, height: pixels, width: pixels, channels: 3 }).toString('base64');
  const frame = `<image x="${x}" y="${y}" width="${SIDE}" height="${SIDE}" style="image-rendering:pixelated" href="data:image/png;base64,${png}"/>`;
  if (!border) return frame;
  return `${frame}<rect x="${x - 1}" y="${y - 1}" width="${SIDE + 2}" height="${SIDE + 2}" fill="none" stroke-width="3" stroke="${BORDERS[border]}"/>`;
}

/** Break at spaces; a longer word has a line of its own. */
function wrapped(text: string, length: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= length) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
