import { readH2oFrames, type H2oFrame } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import { clipResize, readGreyPng, readPng } from '@egolab/video';

/** Successive frames of one sequence of H2O that the video encoder sees together. */
export interface ProbeClip {
  /** as many as the encoder takes; the last is repeated at the end of a sequence */
  readonly frames: readonly H2oFrame[];
  /** frames before the repeats */
  readonly distinct: number;
}

/**
 * A split of H2O as clips that hold each frame once.
 *
 * @param stride frames from one of a clip to its next
 * @param maxClips drawn by `random`; null: all
 * @throws UserError for a missing or malformed list
 */
export function probeClips(
  root: string,
  split: 'train' | 'val' | 'test',
  { numFrames, stride, maxClips }: { numFrames: number; stride: number; maxClips: number | null },
  random: Random,
): ProbeClip[] {
  const sequences = new Map<string, H2oFrame[]>();
  for (const frame of readH2oFrames(root, split)) {
    const sequence = sequences.get(frame.sequence);
    if (sequence) sequence.push(frame);
    else sequences.set(frame.sequence, [frame]);
  }
  const clips = [...sequences.values()].flatMap((frames) =>
    clipsOf(
      frames.sort((a, b) => a.frame - b.frame),
      numFrames,
      stride,
    ),
  );
  return maxClips === null || clips.length <= maxClips ? clips : random.shuffle(clips).slice(0, maxClips);
}

function clipsOf(frames: readonly H2oFrame[], numFrames: number, stride: number): ProbeClip[] {
  const clips: ProbeClip[] = [];
  for (let block = 0; block < frames.length; block += numFrames * stride) {
    for (let offset = 0; offset < stride; offset++) {
      const all = Array.from({ length: numFrames }, (_, i) => block + offset + i * stride);
      const own = all.filter((index) => index < frames.length);
      if (own.length > 0)
        clips.push({ frames: all.map((i) => frames[Math.min(i, own.at(-1)!)]), distinct: own.length });
    }
  }
  return clips;
}

/** What the encoder sees of a clip, and the truth at the same size. */
export interface ProbeSample {
  /** uint8 `[time, size, size, 3]` */
  readonly frames: Uint8Array;
  /** metres `[time, size, size]`; 0 where none is known, or beyond the range of the head */
  readonly depth: Float32Array;
}

export interface ProbeReading {
  /** side of the frames and maps, pixels */
  readonly size: number;
  /** metres that one step of the 16-bit maps stands for */
  readonly metresPerUnit: number;
  readonly maxDepth: number;
  /** bytes of decoded clips kept in memory */
  readonly cacheBytes: number;
}

/**
 * A reader of clips that keeps as many as fit.
 * @throws UserError for a missing or damaged picture
 */
export function probeReader(reading: ProbeReading): (clip: ProbeClip) => ProbeSample {
  const kept = new Map<ProbeClip, ProbeSample>();
  let bytes = 0;
  return (clip) => {
    const known = kept.get(clip);
    if (known) return known;
    const sample = readSample(clip, reading);
    const size = sample.frames.byteLength + sample.depth.byteLength;
    if (bytes + size <= reading.cacheBytes) {
      kept.set(clip, sample);
      bytes += size;
    }
    return sample;
  };
}

function readSample({ frames }: ProbeClip, { size, metresPerUnit, maxDepth }: ProbeReading): ProbeSample {
  const pixels = size * size;
  const sample = {
    frames: new Uint8Array(frames.length * pixels * 3),
    depth: new Float32Array(frames.length * pixels),
  };
  frames.forEach(({ rgb, depth }, t) => {
    sample.frames.set(clipResize(readPng(rgb), { shortestEdge: size }).data, t * pixels * 3);
    const metres = middleSquare(readGreyPng(depth), size);
    for (let i = 0; i < pixels; i++) {
      const value = metres[i] * metresPerUnit;
      sample.depth[t * pixels + i] = value <= maxDepth ? value : 0;
    }
  });
  return sample;
}

interface GreyImage {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/** The middle square of a map at `size` pixels a side, nearest pixel: a mean over an edge, or over unknown pixels, is no depth. */
export function middleSquare({ data, height, width }: GreyImage, size: number): Float32Array {
  const square = Math.min(height, width);
  const [top, left] = [(height - square) / 2, (width - square) / 2];
  const at = (begin: number, i: number) => Math.floor(begin + ((i + 0.5) * square) / size);
  const out = new Float32Array(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) out[y * size + x] = data[at(top, y) * width + at(left, x)];
  return out;
}
