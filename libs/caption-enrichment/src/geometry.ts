/** Pixels, `x2` and `y2` excluded: a box of one pixel is 1 wide. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Binary mask, uint8 `[height, width]`, 0 or 1. */
export interface Mask {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

export const centreOf = ({ x1, y1, x2, y2 }: Box): Point => ({ x: (x1 + x2) / 2, y: (y1 + y2) / 2 });
export const areaOf = ({ x1, y1, x2, y2 }: Box): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

/** Intersection over union of two boxes. */
export function boxIou(a: Box, b: Box): number {
  const shared = areaOf({
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
    x2: Math.min(a.x2, b.x2),
    y2: Math.min(a.y2, b.y2),
  });
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/** The part of a box that lies in the image; undefined when nothing does. */
export function clipBox(box: Box, height: number, width: number): Box | undefined {
  const clipped = {
    x1: Math.max(0, box.x1),
    y1: Math.max(0, box.y1),
    x2: Math.min(width, box.x2),
    y2: Math.min(height, box.y2),
  };
  return clipped.x2 > clipped.x1 && clipped.y2 > clipped.y1 ? clipped : undefined;
}

/** The same box in an image of another size. */
export const scaleBox = ({ x1, y1, x2, y2 }: Box, x: number, y: number): Box => ({
  x1: x1 * x,
  y1: y1 * y,
  x2: x2 * x,
  y2: y2 * y,
});

/** A box grown about its centre. */
export function growBox(box: Box, factor: number): Box {
  const { x, y } = centreOf(box);
  const [halfWidth, halfHeight] = [((box.x2 - box.x1) / 2) * factor, ((box.y2 - box.y1) / 2) * factor];
  return { x1: x - halfWidth, y1: y - halfHeight, x2: x + halfWidth, y2: y + halfHeight };
}

export const contains = ({ x1, y1, x2, y2 }: Box, x: number, y: number): boolean =>
  x >= x1 && x < x2 && y >= y1 && y < y2;

/** Number of pixels inside. */
export const maskArea = ({ data }: Mask): number => data.reduce((sum, value) => sum + value, 0);

/** The smallest box around a mask; undefined when it is empty. */
export function maskBox({ data, height, width }: Mask): Box | undefined {
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (data[i] === 0) continue;
      x1 = Math.min(x1, x);
      x2 = Math.max(x2, x + 1);
      y1 = Math.min(y1, y);
      y2 = y + 1;
    }
  }
  return x2 > 0 ? { x1, y1, x2, y2 } : undefined;
}

/** Intersection over union of two masks of one size; 1 when both are empty. */
export function maskIou(a: Mask, b: Mask): number {
  let [shared, either] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    shared += a.data[i] & b.data[i];
    either += a.data[i] | b.data[i];
  }
  return either === 0 ? 1 : shared / either;
}

/** Nearest-neighbour resampling. */
export function resizeMask({ data, height, width }: Mask, toHeight: number, toWidth: number): Mask {
  const out = new Uint8Array(toHeight * toWidth);
  for (let y = 0; y < toHeight; y++) {
    const row = Math.min(height - 1, Math.floor(((y + 0.5) * height) / toHeight)) * width;
    for (let x = 0; x < toWidth; x++)
      out[y * toWidth + x] = data[row + Math.min(width - 1, Math.floor(((x + 0.5) * width) / toWidth))];
  }
  return { data: out, height: toHeight, width: toWidth };
}

/** The 4-connected parts of a mask, each a list of pixel indices, largest first. */
export function components({ data, height, width }: Mask): number[][] {
  const seen = new Uint8Array(data.length);
  const parts: number[][] = [];
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || seen[start]) continue;
    const part = [start];
    seen[start] = 1;
    for (const pixel of part) {
      const x = pixel % width;
      const neighbours = [
        x > 0 ? pixel - 1 : -1,
        x < width - 1 ? pixel + 1 : -1,
        pixel - width,
        pixel + width < height * width ? pixel + width : -1,
      ];
      for (const next of neighbours) {
        if (next < 0 || data[next] === 0 || seen[next]) continue;
        seen[next] = 1;
        part.push(next);
      }
    }
    parts.push(part);
  }
  return parts.sort((a, b) => b.length - a.length);
}

/** The mask of some pixels. */
export function maskOf(pixels: readonly number[], height: number, width: number): Mask {
  const data = new Uint8Array(height * width);
  for (const pixel of pixels) data[pixel] = 1;
  return { data, height, width };
}
