import { countIssue, type Issues } from '../clip.ts';
import { components, type Mask, maskOf, resizeMask } from '../geometry.ts';
import { DEPTH, type FeatureMap, featureMaps } from './pixels.ts';
import { segmentPrompts } from './segment.ts';
import type { MaskTracker, TrackRequest } from './tracker.ts';

export interface MemoryTrackerOptions {
  /** frames are scaled down to this longer side, pixels */
  readonly maxSide: number;
  /** recent frames remembered beside the prompted one */
  readonly memoryFrames: number;
  /** how far a pixel may move between frames, as a share of the longer side */
  readonly reach: number;
  /** the most alike pixels of the memory that vote */
  readonly topK: number;
}

export const memoryTrackerDefaults: MemoryTrackerOptions = { maxSide: 96, memoryFrames: 2, reach: 0.12, topK: 8 };

/** Temperature of the affinity, in squared feature distance. */
const TEMPERATURE = 0.01;
/** A track that grows beyond this many times its first area has run over its border and is lost. */
const MAX_GROWTH = 4;

/** A frame with what each pixel belongs to: probabilities `[pixel, label]`. */
interface Remembered {
  readonly map: FeatureMap;
  readonly labels: Float32Array;
}

/**
 * A mask tracker with a memory: the prompted frame is segmented (`segmentPrompts`), then labels travel to its neighbours and on, both ways.
 * Each pixel looks up the most alike pixels near it in the prompted frame and in the latest ones and takes the mean of their labels,
 * weighted by the affinity of the features (label propagation of Jabri et al. 2020; the memory is that of Oh et al. 2019).
 * It stands where SAM 2 stands in the paper and needs no weights.
 */
export function memoryTracker(options: Partial<MemoryTrackerOptions> = {}): MaskTracker {
  const settings = { ...memoryTrackerDefaults, ...options };
  return { name: 'memory of labelled frames', track: async (request, issues) => trackClip(request, settings, issues) };
}

function trackClip(
  { clip, frame, prompts }: TrackRequest,
  settings: MemoryTrackerOptions,
  issues: Issues,
): (Mask | null)[][] {
  const maps = featureMaps(clip, settings.maxSide);
  const { height, width } = maps[frame];
  const first = segmentPrompts(maps[frame], prompts, { x: width / clip.width, y: height / clip.height });
  const numLabels = prompts.length + 1;
  const prompted: Remembered = { map: maps[frame], labels: oneHot(first, numLabels) };
  const masks = prompts.map(() => Array<Mask | null>(clip.numFrames).fill(null));
  const areas = prompts.map((_, index) => first.reduce((sum, label) => sum + Number(label === index + 1), 0));
  const lost = new Set<number>();
  const keep = (at: number, labels: Float32Array) => {
    const frameMasks = cleanMasks(labels, numLabels, height, width);
    frameMasks.forEach((pixels, index) => {
      if (pixels.length === 0 || lost.has(index)) return;
      if (pixels.length > MAX_GROWTH * Math.max(1, areas[index])) {
        lost.add(index);
        return;
      }
      masks[index][at] = resizeMask(maskOf(pixels, height, width), clip.height, clip.width);
    });
  };
  keep(frame, prompted.labels);
  for (const step of [1, -1]) {
    let recent: Remembered[] = [];
    for (let at = frame + step; at >= 0 && at < clip.numFrames; at += step) {
      const labels = propagate(maps[at], [prompted, ...recent], numLabels, settings);
      keep(at, labels);
      recent = [...recent, { map: maps[at], labels }].slice(-settings.memoryFrames);
    }
    if (lost.size > 0) countIssue(issues, 'a track ran over its border', lost.size);
    lost.clear();
  }
  return masks;
}

function oneHot(labels: Uint8Array, numLabels: number): Float32Array {
  const out = new Float32Array(labels.length * numLabels);
  labels.forEach((label, pixel) => (out[pixel * numLabels + label] = 1));
  return out;
}

/** Labels of a frame from those of the memory, `[pixel, label]`. */
function propagate(
  map: FeatureMap,
  memory: readonly Remembered[],
  numLabels: number,
  { reach, topK, maxSide }: MemoryTrackerOptions,
): Float32Array {
  const { height, width, data } = map;
  const radius = Math.max(1, Math.round(reach * Math.min(maxSide, Math.max(height, width))));
  const near = nearForeground(memory, numLabels, height, width, radius);
  const out = new Float32Array(height * width * numLabels);
  const distances = new Float32Array(topK);
  const sources = new Int32Array(topK); // pixel of the memory, frames after one another
  const numPixels = height * width;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (!near[pixel]) {
        out[pixel * numLabels] = 1;
        continue;
      }
      distances.fill(Infinity);
      for (let m = 0; m < memory.length; m++) {
        const { data: remembered } = memory[m].map;
        for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
          for (let column = Math.max(0, x - radius); column <= Math.min(width - 1, x + radius); column++) {
            const source = row * width + column;
            const distance = closerThan(data, pixel * DEPTH, remembered, source * DEPTH, distances[topK - 1]);
            if (distance < distances[topK - 1]) insert(distances, sources, distance, m * numPixels + source);
          }
        }
      }
      vote(out, pixel, numLabels, distances, sources, memory, numPixels);
    }
  }
  return out;
}

/** Squared distance of two pixels' features; at least `bound` as soon as it can't be less, which is most of the time. */
function closerThan(a: Float32Array, i: number, b: Float32Array, j: number, bound: number): number {
  const [d0, d1, d2] = [a[i] - b[j], a[i + 1] - b[j + 1], a[i + 2] - b[j + 2]];
  const pixel = d0 * d0 + d1 * d1 + d2 * d2;
  if (pixel >= bound) return pixel;
  const [d3, d4, d5] = [a[i + 3] - b[j + 3], a[i + 4] - b[j + 4], a[i + 5] - b[j + 5]];
  return pixel + d3 * d3 + d4 * d4 + d5 * d5;
}

/** Keep the list of least distances sorted. */
function insert(distances: Float32Array, sources: Int32Array, distance: number, source: number): void {
  let at = distances.length - 1;
  for (; at > 0 && distances[at - 1] > distance; at--) {
    distances[at] = distances[at - 1];
    sources[at] = sources[at - 1];
  }
  distances[at] = distance;
  sources[at] = source;
}

function vote(
  out: Float32Array,
  pixel: number,
  numLabels: number,
  distances: Float32Array,
  sources: Int32Array,
  memory: readonly Remembered[],
  numPixels: number,
): void {
  let total = 0;
  for (let k = 0; k < distances.length && distances[k] < Infinity; k++) {
    const weight = Math.exp((distances[0] - distances[k]) / TEMPERATURE);
    const { labels } = memory[Math.floor(sources[k] / numPixels)];
    const from = (sources[k] % numPixels) * numLabels;
    for (let label = 0; label < numLabels; label++) out[pixel * numLabels + label] += weight * labels[from + label];
    total += weight;
  }
  for (let label = 0; label < numLabels; label++) out[pixel * numLabels + label] /= total;
}

/** Pixels to which something other than the background may have moved. */
function nearForeground(
  memory: readonly Remembered[],
  numLabels: number,
  height: number,
  width: number,
  radius: number,
): Uint8Array {
  const rows = new Uint8Array(height * width);
  for (const { labels } of memory)
    for (let pixel = 0; pixel < height * width; pixel++) if (labels[pixel * numLabels] < 0.99) rows[pixel] = 1;
  return dilated(dilated(rows, height, width, radius, 1, width), height, width, radius, width, height);
}

/** Dilation along one axis: `stride` is its step, `length` its extent. */
function dilated(
  mask: Uint8Array,
  height: number,
  width: number,
  radius: number,
  stride: number,
  length: number,
): Uint8Array {
  const out = new Uint8Array(mask.length);
  const lines = (height * width) / length;
  for (let line = 0; line < lines; line++) {
    const start = stride === 1 ? line * width : line;
    let last = -Infinity;
    let next = 0;
    for (let i = 0; i < length; i++) {
      next = Math.max(next, i);
      while (next < length && next <= i + radius) {
        if (mask[start + next * stride]) last = next;
        next++;
      }
      if (last >= i - radius) out[start + i * stride] = 1;
    }
  }
  return out;
}

/** The most probable label of each pixel; of each label its largest part and those at least half as large. */
function cleanMasks(labels: Float32Array, numLabels: number, height: number, width: number): number[][] {
  const best = new Uint8Array(height * width);
  for (let pixel = 0; pixel < best.length; pixel++) {
    let label = 0;
    for (let other = 1; other < numLabels; other++)
      if (labels[pixel * numLabels + other] > labels[pixel * numLabels + label]) label = other;
    best[pixel] = label;
  }
  return Array.from({ length: numLabels - 1 }, (_, index) => {
    const data = best.map((label) => Number(label === index + 1));
    const parts = components({ data, height, width });
    return parts.filter((part) => part.length * 2 >= parts[0].length).flat();
  });
}
