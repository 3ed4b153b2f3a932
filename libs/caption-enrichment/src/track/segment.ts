import { type Box, contains, growBox, scaleBox } from '../geometry.ts';
import { DEPTH, type FeatureMap, squaredDistance } from './pixels.ts';
import { PixelQueue } from './pixel-queue.ts';
import type { TrackPrompt } from './tracker.ts';

/** The core of a box that surely shows what the box is around, as a share of its sides. */
const CORE = 0.4;
/** The background right around a box: the box grown by this factor, without all boxes. */
const RING = 1.8;
/** Something stands out from it by at least this difference of colour; and what is surely the thing, or surely not, as a share of the largest one. */
const LEAST_CONTRAST = 0.08;
const SURE_THING = 0.6;
const SURE_BACKGROUND = 0.2;
/** A point prompt marks this share of the image's shorter side around it. */
const POINT_RADIUS = 0.03;
/** Around a point prompt, this share of the shorter side is not taken for background, be it at the border. */
const POINT_REACH = 0.3;
/** Colours that describe one thing, and the background. */
const COLOURS = 4;
const BACKGROUND_COLOURS = 8;
/** Price of a step, beside the colour differences along it and to the thing's own colours. */
const STEP = 0.01;
const MODEL_WEIGHT = 1.5;

/** Label 0 is the background, label k the k-th prompt. */
export type LabelMap = Uint8Array;

/**
 * Masks of what the prompts point out: every pixel goes to the prompt, or to the background, that it reaches at the least cost
 * (geodesic segmentation, Bai and Sapiro 2007). A step costs the change of colour and how unlike the colours of its
 * label's seeds it is. Prompts compete, so each is negative for the others; a box bounds its label.
 *
 * @param scale pixels of `map` per pixel of the prompts, along x and y
 */
export function segmentPrompts(
  map: FeatureMap,
  prompts: readonly TrackPrompt[],
  scale: { x: number; y: number },
): LabelMap {
  const { height, width } = map;
  const boxes = prompts.map(({ box }) => box && atLeastOnePixel(scaleBox(box, scale.x, scale.y)));
  const seeds = seedLabels(map, prompts, boxes, scale);
  const palettes = [0, ...prompts.map((_, index) => index + 1)].map((label) => palette(map, seeds, label));
  const labels = new Uint8Array(height * width);
  const done = new Uint8Array(height * width);
  const queue = new PixelQueue();
  for (let pixel = 0; pixel < seeds.length; pixel++) if (seeds[pixel] !== UNKNOWN) queue.push(0, pixel, seeds[pixel]);
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { cost, pixel, label } = next;
    if (done[pixel]) continue;
    done[pixel] = 1;
    labels[pixel] = label;
    const x = pixel % width;
    const neighbours = [x > 0 ? pixel - 1 : -1, x < width - 1 ? pixel + 1 : -1, pixel - width, pixel + width];
    for (const to of neighbours) {
      if (to < 0 || to >= done.length || done[to]) continue;
      const box = label > 0 ? boxes[label - 1] : null;
      if (box && !contains(box, (to % width) + 0.5, Math.floor(to / width) + 0.5)) continue;
      const change = Math.sqrt(squaredDistance(map.data, pixel * DEPTH, map.data, to * DEPTH, 3));
      queue.push(cost + STEP + change + MODEL_WEIGHT * unlike(map, to, palettes[label]), to, label);
    }
  }
  return labels;
}

const UNKNOWN = 255;

function atLeastOnePixel(box: Box): Box {
  const grown = (low: number, high: number) =>
    high - low >= 1 ? [low, high] : [(low + high - 1) / 2, (low + high + 1) / 2];
  const [x1, x2] = grown(box.x1, box.x2);
  const [y1, y2] = grown(box.y1, box.y2);
  return { x1, y1, x2, y2 };
}

/** Which pixels are sure, others are UNKNOWN. */
function seedLabels(
  map: FeatureMap,
  prompts: readonly TrackPrompt[],
  boxes: readonly (Box | null)[],
  scale: { x: number; y: number },
): Uint8Array {
  const seeds = backgroundSeeds(map, prompts, boxes, scale);
  boxes.forEach((box, index) => {
    if (box) seedBox(map, seeds, box, index + 1, boxes);
  });
  prompts.forEach(({ points }, index) => {
    for (const { x, y, positive } of points) if (positive) seedPoint(map, seeds, x * scale.x, y * scale.y, index + 1);
  });
  return seeds;
}

/** The background outside of all boxes, or at the border when there are points, whose extent nobody knows. */
function backgroundSeeds(
  { height, width }: FeatureMap,
  prompts: readonly TrackPrompt[],
  boxes: readonly (Box | null)[],
  scale: { x: number; y: number },
): Uint8Array {
  const seeds = new Uint8Array(height * width).fill(UNKNOWN);
  const positives = prompts.flatMap(({ points }) => points.filter(({ positive }) => positive));
  const reach = POINT_REACH * Math.min(height, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const border = x === 0 || y === 0 || x === width - 1 || y === height - 1;
      if ((positives.length > 0 && !border) || inAnyBox(boxes, x, y)) continue;
      if (positives.some((point) => Math.hypot(point.x * scale.x - x, point.y * scale.y - y) < reach)) continue;
      seeds[y * width + x] = 0;
    }
  }
  return seeds;
}

const inAnyBox = (boxes: readonly (Box | null)[], x: number, y: number): boolean =>
  boxes.some((box) => box && contains(box, x + 0.5, y + 0.5));

/**
 * In a box, what is unlike the colours right around it surely belongs to the thing (a knife lies across its box and leaves most of it to the
 * table), what is very like them to the background. When nothing stands out, the core is taken.
 */
function seedBox(map: FeatureMap, seeds: Uint8Array, box: Box, label: number, boxes: readonly (Box | null)[]): void {
  const { height, width } = map;
  const others = boxes.filter((other, index) => other && index !== label - 1);
  const ring: number[] = [];
  const own: number[] = [];
  eachPixel(growBox(box, RING), height, width, (pixel, x, y) => {
    if (!inAnyBox(boxes, x, y)) ring.push(pixel);
    else if (contains(box, x + 0.5, y + 0.5) && !inAnyBox(others, x, y)) own.push(pixel);
  });
  const around = clusters(map, ring, COLOURS);
  const strange = own.map((pixel) => unlike(map, pixel, around));
  const most = strange.reduce((a, b) => Math.max(a, b), 0);
  const standsOut = around.length > 0 && most > LEAST_CONTRAST;
  own.forEach((pixel, i) => {
    if (standsOut && strange[i] > most * SURE_THING) seeds[pixel] = label;
    else if (standsOut && strange[i] < most * SURE_BACKGROUND) seeds[pixel] = 0;
  });
  if (standsOut) return;
  eachPixel(growBox(box, CORE), height, width, (pixel) => (seeds[pixel] = label));
  const [x, y] = [Math.floor((box.x1 + box.x2) / 2), Math.floor((box.y1 + box.y2) / 2)];
  if (x >= 0 && y >= 0 && x < width && y < height) seeds[y * width + x] = label; // also where the core holds no pixel's centre
}

function seedPoint({ height, width }: FeatureMap, seeds: Uint8Array, x: number, y: number, label: number): void {
  const radius = Math.max(1, POINT_RADIUS * Math.min(height, width));
  const box = { x1: x - radius, y1: y - radius, x2: x + radius, y2: y + radius };
  eachPixel(box, height, width, (pixel) => (seeds[pixel] = label));
}

/** Pixels whose centres lie in a box. */
function eachPixel(
  box: Box,
  height: number,
  width: number,
  visit: (pixel: number, x: number, y: number) => void,
): void {
  for (let y = Math.max(0, Math.ceil(box.y1 - 0.5)); y < Math.min(height, box.y2 - 0.5); y++)
    for (let x = Math.max(0, Math.ceil(box.x1 - 0.5)); x < Math.min(width, box.x2 - 0.5); x++)
      visit(y * width + x, x, y);
}

/** Typical colours of a label's seeds. */
function palette(map: FeatureMap, seeds: Uint8Array, label: number): Float32Array[] {
  const pixels: number[] = [];
  for (let pixel = 0; pixel < seeds.length; pixel++) if (seeds[pixel] === label) pixels.push(pixel);
  return clusters(map, pixels, label === 0 ? BACKGROUND_COLOURS : COLOURS);
}

/** At most `most` colours that stand for those of some pixels: a few rounds of k-means from evenly spaced ones. */
function clusters({ data }: FeatureMap, pixels: readonly number[], most: number): Float32Array[] {
  const count = Math.min(pixels.length, most);
  let centres = Array.from({ length: count }, (_, k) => {
    const pixel = pixels[Math.floor(((k + 0.5) * pixels.length) / count)];
    return data.slice(pixel * DEPTH, pixel * DEPTH + 3);
  });
  for (let round = 0; round < 3; round++) {
    const sums = centres.map(() => ({ colour: new Float32Array(3), count: 0 }));
    for (const pixel of pixels) {
      const sum = sums[nearest(data, pixel * DEPTH, centres).index];
      for (let channel = 0; channel < 3; channel++) sum.colour[channel] += data[pixel * DEPTH + channel];
      sum.count++;
    }
    centres = centres.map((centre, k) =>
      sums[k].count > 0 ? sums[k].colour.map((value) => value / sums[k].count) : centre,
    );
  }
  return centres;
}

function nearest(
  data: Float32Array,
  at: number,
  centres: readonly Float32Array[],
): { index: number; distance: number } {
  let best = { index: 0, distance: Infinity };
  centres.forEach((centre, index) => {
    const distance = squaredDistance(data, at, centre, 0, 3);
    if (distance < best.distance) best = { index, distance };
  });
  return best;
}

const unlike = ({ data }: FeatureMap, pixel: number, centres: readonly Float32Array[]): number =>
  centres.length === 0 ? 0 : Math.sqrt(nearest(data, pixel * DEPTH, centres).distance);
