import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, readNpy, resolveInside, UserError } from '@egolab/foundation';
import { z } from 'zod';
import { type ClipFrames, countIssue, type Issues } from '../clip.ts';
import { clipBox } from '../geometry.ts';
import {
  contactStates,
  type FrameDetections,
  type HandDetection,
  type HandObjectDetector,
  type ObjectDetection,
} from './detections.ts';

/** Rows of hands, then rows of objects, in the array of a frame. */
const HAND_ROWS = 2;
const ROWS = 4;
const COLUMNS = 10;
/** Offsets are stored as a unit vector and a length in units of so many pixels. */
const OFFSET_UNIT = 1000;

/**
 * Detections of a clip in the layout of the authors' generator: `[frame, row, 10]` as `.npy` or nested lists in JSON. Rows 0 and 1
 * are hands, 2 and 3 objects, zero rows are empty. A row is x1, y1, x2, y2 (pixels of the video), score, contact state,
 * offset as unit x, unit y and length / 1000, side (0 left, 1 right).
 *
 * Rows that can't be what they stand for are left out and counted: no number, an empty box, an unknown state or side in a
 * hand's row (a third detection of a kind runs over into the other kind's rows), rows after the fourth.
 */
export function detectionsFromFile(
  file: string,
  clip: Pick<ClipFrames, 'height' | 'width'>,
  issues: Issues,
): FrameDetections[] {
  return readRows(file).map((rows) => {
    const used = rows.slice(0, ROWS);
    if (rows.length > ROWS) countIssue(issues, 'detections: overflowing row', rows.slice(ROWS).filter(isGiven).length);
    const hands = used.slice(0, HAND_ROWS).flatMap((row) => handOf(row, clip, issues) ?? []);
    const objects = used.slice(HAND_ROWS).flatMap((row) => objectOf(row, clip, issues) ?? []);
    return { hands, objects };
  });
}

const isGiven = (row: readonly number[]): boolean => row.some((value) => value !== 0);

const nested = z.array(z.array(z.array(z.number().nullable()).length(COLUMNS)));

function readRows(file: string): number[][][] {
  if (file.endsWith('.json')) {
    const parsed = nested.safeParse(readJsonFile(file));
    if (parsed.success) return parsed.data.map((rows) => rows.map((row) => row.map((value) => value ?? NaN)));
    const [issue] = parsed.error.issues;
    throw layoutError(file, `at ${issue.path.map(String).join('.') || 'the top'}: ${issue.message}`);
  }
  const { shape, data } = readNpy(file);
  if (shape.length !== 3 || shape[2] !== COLUMNS || shape[1] < ROWS || data instanceof BigInt64Array)
    throw layoutError(file, `an array of shape [${shape}]`);
  return Array.from({ length: shape[0] }, (_, frame) =>
    Array.from({ length: shape[1] }, (_, row) => {
      const start = (frame * shape[1] + row) * COLUMNS;
      return [...data.subarray(start, start + COLUMNS)] as number[];
    }),
  );
}

function layoutError(file: string, found: string): UserError {
  return new UserError({
    what: `expected detections [frame, ${ROWS} rows, ${COLUMNS} numbers], got ${found}`,
    where: file,
    mend: 'rows 0 and 1 are hands, 2 and 3 objects: x1, y1, x2, y2, score, contact 0-4, offset unit x, unit y, length / 1000, side 0 or 1',
  });
}

function objectOf(
  row: readonly number[],
  clip: Pick<ClipFrames, 'height' | 'width'>,
  issues: Issues,
): ObjectDetection | undefined {
  if (!isGiven(row)) return undefined;
  const [x1, y1, x2, y2, score] = row;
  if (![x1, y1, x2, y2, score].every(Number.isFinite)) {
    countIssue(issues, 'detections: a row without numbers');
    return undefined;
  }
  const box = clipBox({ x1, y1, x2, y2 }, clip.height, clip.width);
  if (!box) countIssue(issues, 'detections: an empty box');
  return box && { box, score };
}

function handOf(
  row: readonly number[],
  clip: Pick<ClipFrames, 'height' | 'width'>,
  issues: Issues,
): HandDetection | undefined {
  const found = objectOf(row, clip, issues);
  if (!found) return undefined;
  const [contact, unitX, unitY, length, side] = row.slice(5);
  const state = contactStates[contact];
  if (state === undefined || (side !== 0 && side !== 1)) {
    countIssue(issues, "detections: a hand's row without state or side");
    return undefined;
  }
  const given = Number.isFinite(unitX * unitY * length) && length > 0;
  const offset = given ? { x: unitX * length * OFFSET_UNIT, y: unitY * length * OFFSET_UNIT } : null;
  return { ...found, side: side === 0 ? 'left' : 'right', contact: state, offset };
}

/** The array that holds a clip's detections, `[frame, 4, 10]`; the inverse of {@link detectionsFromFile}. */
export function detectionRows(frames: readonly FrameDetections[]): number[][][] {
  const rowOf = ({ box, score }: ObjectDetection, rest: number[]) => [box.x1, box.y1, box.x2, box.y2, score, ...rest];
  const filled = (rows: number[][], length: number) => [
    ...rows.slice(0, length),
    ...Array.from({ length: Math.max(0, length - rows.length) }, () => Array<number>(COLUMNS).fill(0)),
  ];
  return frames.map(({ hands, objects }) => [
    ...filled(
      hands.map((hand) => {
        const { x, y } = hand.offset ?? { x: 0, y: 0 };
        const norm = Math.hypot(x, y);
        const unit = norm > 0 ? [x / norm, y / norm, norm / OFFSET_UNIT] : [0, 0, 0];
        return rowOf(hand, [contactStates.indexOf(hand.contact), ...unit, hand.side === 'left' ? 0 : 1]);
      }),
      HAND_ROWS,
    ),
    ...filled(
      objects.map((object) => rowOf(object, [0, 0, 0, 0, 0])),
      ROWS - HAND_ROWS,
    ),
  ]);
}

/** One file of detections for one clip. */
export function singleFileDetector(file: string): HandObjectDetector {
  return {
    name: `detections in ${file}`,
    async detect(clip, issues) {
      const frames = detectionsFromFile(file, clip, issues);
      if (frames.length !== clip.numFrames)
        throw layoutError(file, `${frames.length} frames for a clip of ${clip.numFrames}`);
      return frames;
    },
  };
}

/** Files `<video_uid>/<narration_time>.npy` (or `.json`), times compared as numbers; of more frames than the clip's, those nearest to them. */
export function folderDetector(folder: string): HandObjectDetector {
  if (!existsSync(folder))
    throw new UserError({
      what: 'there is no such folder',
      where: folder,
      mend: 'name the folder that holds <video_uid>/<narration_time>.npy',
    });
  return {
    name: `detections in ${folder}`,
    async detect(clip, issues) {
      const path = resolveInside(folder, clip.videoUid, `video ${clip.videoUid}`);
      const names = existsSync(path) ? readdirSync(path) : [];
      const name = names.find((each) => Number(/^(.*)\.(npy|json)$/.exec(each)?.[1] ?? NaN) === clip.narrationTime);
      if (!name) return { skipped: 'no detections file' };
      const frames = detectionsFromFile(join(path, name), clip, issues);
      if (frames.length === 0) return { skipped: 'a detections file without frames' };
      // both are spread evenly over the clip
      return clip.indices.map((_, i) => frames[Math.floor(((i + 0.5) * frames.length) / clip.numFrames)]);
    },
  };
}
