import { readTextFile, UserError } from '@egolab/foundation';
import type { Pose, Trajectory } from './pose.ts';
import { fromQuaternion, orthonormalityError, type Quaternion, type Rotation, toQuaternion } from './rotation.ts';

/** A quaternion's length may differ from 1 by this much: files round to four digits, some to two. */
const lengthTolerance = 0.01;
/** Largest deviation of R R^T from the identity. */
const rotationTolerance = 1e-3;

/** A line of a text file that holds data, and its number. */
export interface DataLine {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Where a number of a text file comes from, for messages. */
export type Place = (field: string) => string;

/**
 * Lines that aren't empty or comments (`#`), split at blanks, tabs and commas.
 * @throws UserError when there is no such file, or it is in another encoding
 */
export function dataLines(file: string): DataLine[] {
  return readTextFile(file)
    .split(/\r?\n/)
    .map((text, index) => ({ line: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'))
    .map(({ line, text }) => ({ line, fields: text.split(/[\s,]+/).filter((field) => field !== '') }));
}

/** The finite numbers of a line. */
export function numbersOf(
  { line, fields }: DataLine,
  names: readonly string[],
  file: string,
  format: string,
): number[] {
  if (fields.length !== names.length)
    throw new UserError({
      what: `expected ${names.length} numbers (${names.join(' ')}), got ${fields.length}`,
      where: `${file}:${line}`,
      mend: `the file must be in ${format} format; the last line may be cut`,
    });
  return fields.map((field, i) => finiteNumber(field, `${file}:${line} (${names[i]})`));
}

export function finiteNumber(text: string, where: string): number {
  const value = text === '' ? NaN : Number(text);
  if (!Number.isFinite(value))
    throw new UserError({
      what: `expected a finite number, got "${text}"`,
      where,
      mend: 'correct or leave out the row',
    });
  return value;
}

/** @throws UserError unless the time is later than the one before */
export function checkAscending(time: number, before: number | undefined, where: string): void {
  if (before === undefined || time > before) return;
  const what = time === before ? `the timestamp ${time} occurs twice` : `timestamp ${time} comes after ${before}`;
  throw new UserError({ what: `${what}: expected ascending times`, where, mend: 'sort the rows by time' });
}

/**
 * Rotation of a unit quaternion.
 * @throws UserError when its length isn't 1
 */
export function unitQuaternion(q: Quaternion, where: string): Rotation {
  const length = Math.hypot(q.x, q.y, q.z, q.w);
  if (Math.abs(length - 1) > lengthTolerance)
    throw new UserError({
      what: `expected a unit quaternion (a rotation), got length ${length.toFixed(4)}`,
      where,
      mend: 'check the order of the columns; normalise the quaternions',
    });
  return fromQuaternion(q);
}

/**
 * A rotation matrix as it stands in a file.
 * @throws UserError unless R R^T = 1 and det R = 1
 */
export function checkedRotation(r: Rotation, where: string): Rotation {
  const error = orthonormalityError(r);
  if (!(error <= rotationTolerance))
    throw new UserError({
      what: `expected a rotation (orthonormal, determinant 1), got a matrix that is off by ${error.toPrecision(3)}`,
      where,
      mend: 'check the order of the numbers and the axes',
    });
  return r;
}

function nonEmpty<T>(rows: readonly T[], file: string): readonly T[] {
  if (rows.length === 0) throw new UserError({ what: 'the file holds no poses', where: file });
  return rows;
}

const tumNames = ['timestamp', 'tx', 'ty', 'tz', 'qx', 'qy', 'qz', 'qw'];

/**
 * TUM RGB-D trajectory: `timestamp tx ty tz qx qy qz qw` per line, seconds, metres, xyzw, camera-to-world; `#` comments.
 * @throws UserError naming the line and field: not a number, times out of order, no unit quaternion
 */
export function readTum(file: string): Trajectory {
  const timestamps: number[] = [];
  const poses = nonEmpty(dataLines(file), file).map((row): Pose => {
    const where = `${file}:${row.line}`;
    const [time, tx, ty, tz, x, y, z, w] = numbersOf(row, tumNames, file, 'TUM');
    checkAscending(time, timestamps.at(-1), `${where} (timestamp)`);
    timestamps.push(time);
    return { rotation: unitQuaternion({ x, y, z, w }, `${where} (qx qy qz qw)`), translation: [tx, ty, tz] };
  });
  return { timestamps, poses };
}

/** The text that {@link readTum} reads: nine decimals for poses, six for times. */
export function tumText({ timestamps, poses }: Trajectory): string {
  const rows = poses.map(({ rotation, translation }, i) => {
    const { x, y, z, w } = toQuaternion(rotation);
    return [timestamps[i].toFixed(6), ...[...translation, x, y, z, w].map((value) => value.toFixed(9))].join(' ');
  });
  return ['# timestamp tx ty tz qx qy qz qw', ...rows, ''].join('\n');
}

const kittiNames = ['r11', 'r12', 'r13', 'tx', 'r21', 'r22', 'r23', 'ty', 'r31', 'r32', 'r33', 'tz'];

/**
 * KITTI odometry poses: twelve numbers a line, a row-major 3x4 camera-to-world matrix; times in a file of their own.
 * @param timesFile one time in seconds per line
 * @throws UserError naming line and field; for a matrix that isn't a rotation; when the counts differ
 */
export function readKitti(file: string, timesFile: string): Trajectory {
  const poses = nonEmpty(dataLines(file), file).map((row): Pose => {
    const m = numbersOf(row, kittiNames, file, 'KITTI');
    const rotation = checkedRotation([m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]], `${file}:${row.line}`);
    return { rotation, translation: [m[3], m[7], m[11]] };
  });
  const timestamps: number[] = [];
  for (const row of dataLines(timesFile)) {
    const [time] = numbersOf(row, ['time'], timesFile, 'KITTI times');
    checkAscending(time, timestamps.at(-1), `${timesFile}:${row.line}`);
    timestamps.push(time);
  }
  if (timestamps.length !== poses.length)
    throw new UserError({
      what: `expected ${poses.length} times, one a pose of ${file}, got ${timestamps.length}`,
      where: timesFile,
    });
  return { timestamps, poses };
}

/**
 * EuRoC ground truth CSV: nanoseconds, position, quaternion wxyz; further columns (velocity, biases) are ignored.
 * @throws UserError naming line and field
 */
export function readEuroc(file: string): Trajectory {
  const names = ['timestamp [ns]', 'p_x', 'p_y', 'p_z', 'q_w', 'q_x', 'q_y', 'q_z'];
  const timestamps: number[] = [];
  const poses = nonEmpty(dataLines(file), file).map((row): Pose => {
    const where = `${file}:${row.line}`;
    const numbers = numbersOf({ ...row, fields: row.fields.slice(0, 8) }, names, file, 'EuRoC');
    const [, tx, ty, tz, w, x, y, z] = numbers;
    const time = nanoseconds(row.fields[0]);
    checkAscending(time, timestamps.at(-1), `${where} (timestamp)`);
    timestamps.push(time);
    return { rotation: unitQuaternion({ x, y, z, w }, `${where} (q_w q_x q_y q_z)`), translation: [tx, ty, tz] };
  });
  return { timestamps, poses };
}

/** Nanoseconds as text to seconds; 19 digits don't fit a number, so the parts are converted apart. */
export function nanoseconds(text: string): number {
  return /^\d{10,}$/.test(text) ? Number(text.slice(0, -9)) + Number(text.slice(-9)) / 1e9 : Number(text) / 1e9;
}
