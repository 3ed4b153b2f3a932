import { type Box, contains, growBox, scaleBox } from '../geometry.ts';
import { DEPTH, type FeatureMap, squaredDistance } from './pixels.ts';
import { PixelQueue } from './pixel-queue.ts';
import type { TrackPrompt } from './tracker.ts';

/** The core of a box that surely shows what the box is around, as a share of its sides. */
const CORE = 0.4;
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

/** Which pixels are sure: cores of boxes, points, and the background outside of all boxes (or the border, for points). */
function seedLabels(
  { height, width }: FeatureMap,
  prompts: readonly TrackPrompt[],
  boxes: readonly (Box | null)[],
  scale: { x: number; y: number },
): Uint8Array {
  const seeds = new Uint8Array(height * width).fill(UNKNOWN);
  const shorter = Math.min(height, width);
  const points = prompts.map((prompt) =>
    prompt.points.map(({ x, y, positive }) => ({ x: x * scale.x, y: y * scale.y, positive })),
  );
  const positives = points.flat().filter(({ positive }) => positive);
  const near = (x: number, y: number) =>
    positives.some((point) => Math.hypot(point.x - x, point.y - y) < POINT_REACH * shorter);
  const cores = boxes.map((box) => box && growBox(box, CORE));
  // the last of several cores over one pixel has it: hands come after objects, and lie before what they hold
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [centreX, centreY] = [x + 0.5, y + 0.5];
      const inBox = boxes.some((box) => box && contains(box, centreX, centreY));
      const border = x === 0 || y === 0 || x === width - 1 || y === height - 1;
      if (!inBox && (positives.length === 0 || border) && !near(centreX, centreY)) seeds[y * width + x] = 0;
      cores.forEach((core, index) => {
        if (core && contains(core, centreX, centreY)) seeds[y * width + x] = index + 1;
      });
    }
  }
  const stamp = (box: Box | null, label: number) => {
    if (!box) return;
    const [x, y] = [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2];
    if (x >= 0 && y >= 0 && x < width && y < height) seeds[Math.floor(y) * width + Math.floor(x)] = label;
  };
  cores.forEach((core, index) => stamp(core, index + 1)); // also boxes smaller than a pixel
  points.forEach((each, index) => {
    const radius = Math.max(1, POINT_RADIUS * shorter);
    for (const { x, y, positive } of each) {
      if (!positive) continue; // negative points are the middles of the other prompts, which have seeds of their own
      for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, y + radius); row++)
        for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(width - 1, x + radius); column++)
          seeds[row * width + column] = index + 1;
    }
  });
  return seeds;
}

/** Typical colours of a label's seeds: a few rounds of k-means from evenly spaced seeds. */
function palette({ data }: FeatureMap, seeds: Uint8Array, label: number): Float32Array[] {
  const pixels: number[] = [];
  for (let pixel = 0; pixel < seeds.length; pixel++) if (seeds[pixel] === label) pixels.push(pixel);
  const count = Math.min(pixels.length, label === 0 ? BACKGROUND_COLOURS : COLOURS);
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
