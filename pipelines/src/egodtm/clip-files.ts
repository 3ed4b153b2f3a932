import { join } from 'node:path';
import { z } from 'zod';
import {
  readJsonFile,
  readNpy,
  readTextFile,
  resolveInside,
  UserError,
  writeFileAtomic,
  writeNpy,
} from '@egolab/foundation';

/*
 * What the stages `pseudo-depth` and `enrich` hand to `depth-pretrain`. A clip is named by its place in the list of EgoClip
 * pairs of the training split, counted from 0.
 */

/** Normalised inverse depth of a clip's frames, in [0, 1], near is 1. */
export interface DepthTarget {
  /** row-major `[time, height, width]` */
  readonly data: Float32Array;
  readonly numFrames: number;
  readonly height: number;
  readonly width: number;
}

const count = z.number().int().nonnegative();

const depthIndexSchema = z.strictObject({
  /** clips of the list, with and without a target */
  numClips: count,
  /** files below the stage's folder */
  targets: z.array(z.strictObject({ clip: count, file: z.string() })),
  skipped: z.array(z.strictObject({ clip: count, reason: z.string() })),
});
export type DepthIndex = z.infer<typeof depthIndexSchema>;

export const DEPTH_INDEX = 'index.json';

/** Where a clip's maps are: `.npy`, uint8 (255 is 1) or float32, `[time, height, width]`. */
export const depthFile = (clip: number): string => `depth/${clip}.npy`;

/** Write one clip's maps; `precision` says how they are stored. */
export function writeDepthTarget(
  folder: string,
  clip: number,
  { data, numFrames, height, width }: DepthTarget,
  precision: 'uint8' | 'float32',
): void {
  const stored = precision === 'float32' ? data : Uint8Array.from(data, (value) => Math.round(value * 255));
  writeNpy(join(folder, depthFile(clip)), [numFrames, height, width], stored);
}

export function writeDepthIndex(folder: string, index: DepthIndex): void {
  writeFileAtomic(join(folder, DEPTH_INDEX), `${JSON.stringify(index)}\n`);
}

/** The targets of a `pseudo-depth` stage, read when they are asked for. */
export interface DepthTargets {
  readonly numTargets: number;
  has(clip: number): boolean;
  /** @throws UserError for a missing or damaged file, another type or shape, or values outside [0, 1] */
  read(clip: number): DepthTarget;
}

/**
 * Open the targets of a `pseudo-depth` stage.
 * @throws UserError when its list is damaged, names a clip twice, or belongs to another number of clips
 */
export function openDepthTargets(folder: string, numClips: number): DepthTargets {
  const path = join(folder, DEPTH_INDEX);
  const index = parse(depthIndexSchema, readJsonFile(path), path);
  expectClips(index.numClips, numClips, path);
  const files = new Map<number, string>();
  for (const { clip, file } of index.targets) {
    expectNew(files, clip, numClips, path);
    files.set(clip, resolveInside(folder, file, path));
  }
  return {
    numTargets: files.size,
    has: (clip) => files.has(clip),
    read: (clip) => readTarget(files.get(clip)!),
  };
}

function readTarget(path: string): DepthTarget {
  const { dtype, shape, data } = readNpy(path);
  if ((dtype !== 'uint8' && dtype !== 'float32') || shape.length !== 3 || shape.includes(0))
    throw new UserError({
      what: `expected uint8 or float32 [time, height, width], got ${dtype} [${shape}]`,
      where: path,
      mend: 'run stage pseudo-depth again',
    });
  const [numFrames, height, width] = shape;
  const values =
    dtype === 'uint8' ? Float32Array.from(data as Uint8Array, (value) => value / 255) : (data as Float32Array);
  const bad = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (bad >= 0)
    throw new UserError({
      what: `expected inverse depth in [0, 1], got ${values[bad]} in frame ${Math.floor(bad / (height * width))}`,
      where: path,
      mend: 'run stage pseudo-depth again',
    });
  return { data: values, numFrames, height, width };
}

/** What stage `enrich` says of one clip: a line of `captions.jsonl`. */
const captionSchema = z.strictObject({
  clip: count,
  original: z.string(),
  /** null: no hands or objects to speak of, or the new caption contradicted what was tracked */
  enriched: z.string().nullable(),
  /** why there is none */
  reason: z.string().nullable().default(null),
});
export type EnrichedCaption = z.infer<typeof captionSchema>;

export const CAPTIONS = 'captions.jsonl';

export function writeCaptions(folder: string, captions: readonly EnrichedCaption[]): void {
  writeFileAtomic(join(folder, CAPTIONS), captions.map((caption) => `${JSON.stringify(caption)}\n`).join(''));
}

/**
 * The enriched captions of an `enrich` stage by clip; undefined where there is none.
 *
 * @param originals the captions of all clips
 * @throws UserError for a damaged line, a clip that is there twice, isn't in the list or has no line, or another original caption
 */
export function readCaptions(folder: string, originals: readonly string[]): (string | undefined)[] {
  const path = join(folder, CAPTIONS);
  const seen = new Map<number, string | undefined>();
  readTextFile(path)
    .split('\n')
    .forEach((line, i) => {
      if (line === '') return;
      const where = `${path}, line ${i + 1}`;
      const { clip, original, enriched } = parse(captionSchema, parseLine(line, where), where);
      expectNew(seen, clip, originals.length, where);
      if (original !== originals[clip])
        throw new UserError({
          what: `expected the caption "${originals[clip]}" of clip ${clip}, got "${original}"`,
          where,
          mend: 'the captions belong to other clips: run stage enrich again',
        });
      seen.set(clip, enriched ?? undefined);
    });
  if (seen.size < originals.length)
    throw new UserError({
      what: `${originals.length - seen.size} of ${originals.length} clips have no line, first clip ${originals.findIndex((_, clip) => !seen.has(clip))}`,
      where: path,
      mend: 'the file may be cut: run stage enrich again',
    });
  return originals.map((_, clip) => seen.get(clip));
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new UserError({
      what: 'not valid JSON',
      where,
      mend: 'the file may be cut: run stage enrich again',
      cause: error,
    });
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError({
    what: `${issue.path.join('.')}: ${issue.message}`,
    where,
    mend: 'run the stage that wrote it again',
  });
}

function expectClips(got: number, expected: number, where: string): void {
  if (got !== expected)
    throw new UserError({
      what: `expected ${expected} clips, got ${got}`,
      where,
      mend: 'it belongs to other data: run the stage that wrote it again',
    });
}

function expectNew(seen: ReadonlyMap<number, unknown>, clip: number, numClips: number, where: string): void {
  if (clip >= numClips) throw new UserError({ what: `clip ${clip}: expected 0 to ${numClips - 1}`, where });
  if (seen.has(clip)) throw new UserError({ what: `clip ${clip} is there twice`, where });
}
