import { readTextFile, suggestion, UserError } from '@egolab/foundation';
import { checkAscending, finiteNumber } from '../geometry/trajectory-files.ts';

/** Gaze of a video over time, as `egolab score gaze` and `egolab predict` exchange it. */
export interface GazeTable {
  /** seconds, ascending, `[rows]` */
  readonly times: readonly number[];
  /** fractions of the frame, `[rows, 2]`; 0 where invalid */
  readonly xy: Float64Array;
  /** `[rows]` */
  readonly valid: Uint8Array;
  /** line of each row in its file */
  readonly lines: readonly number[];
}

/** Gaze further out than this isn't a fraction of the frame but, most likely, pixels. */
const [low, high] = [-0.5, 1.5];

/**
 * Read `t,x,y[,valid]`, columns by name. Rows with `valid` 0 may hold anything in x and y.
 * @throws UserError naming line and column: a missing column, NaN, a point that isn't a fraction, times out of order
 */
export function readGazeCsv(file: string): GazeTable {
  const lines = readTextFile(file).split(/\r?\n/);
  const names = (lines[0] ?? '').split(',').map((name) => name.trim());
  for (const name of ['t', 'x', 'y']) {
    if (names.includes(name)) continue;
    throw new UserError({
      what: `expected a first line "t,x,y" or "t,x,y,valid"; "${name}" is missing (${suggestion(name, names)})`,
      where: file,
    });
  }
  const [times, points, valid, numbers]: [number[], number[], number[], number[]] = [[], [], [], []];
  lines.slice(1).forEach((text, index) => {
    if (text.trim() === '') return;
    const where = `${file}:${index + 2}`;
    const row = gazeRow(text, names, where);
    checkAscending(row.time, times.at(-1), `${where} (t)`);
    times.push(row.time);
    points.push(...row.point);
    valid.push(row.valid ? 1 : 0);
    numbers.push(index + 2);
  });
  if (times.length === 0) throw new UserError({ what: 'the file holds no rows', where: file });
  return { times, xy: Float64Array.from(points), valid: Uint8Array.from(valid), lines: numbers };
}

function gazeRow(text: string, names: readonly string[], where: string) {
  const cells = text.split(',').map((cell) => cell.trim());
  if (cells.length !== names.length)
    throw new UserError({ what: `expected ${names.length} columns (${names.join(', ')}), got ${cells.length}`, where });
  const cell = (name: string) => cells[names.indexOf(name)];
  const time = finiteNumber(cell('t'), `${where} (t)`);
  const flag = names.includes('valid') ? cell('valid') : '1';
  if (!/^(0|1)(\.0*)?$/.test(flag))
    throw new UserError({ what: `expected 0 or 1, got "${flag}"`, where: `${where} (valid)` });
  if (flag.startsWith('0')) return { time, point: [0, 0], valid: false };
  const coordinate = (name: string) => {
    const value = finiteNumber(cell(name), `${where} (${name})`);
    if (value >= low && value <= high) return value;
    throw new UserError({
      what: `expected a fraction of the frame, 0 to 1, got ${value}`,
      where: `${where} (${name})`,
      mend: 'divide pixels by the width (x) and the height (y)',
    });
  };
  return { time, point: [coordinate('x'), coordinate('y')], valid: true };
}

/** The text that {@link readGazeCsv} reads. */
export function gazeCsvText(times: readonly number[], xy: ArrayLike<number>, valid?: ArrayLike<number>): string {
  const rows = times.map((time, i) => {
    const numbers = [time.toFixed(6), xy[i * 2].toFixed(9), xy[i * 2 + 1].toFixed(9)];
    return [...numbers, ...(valid ? [valid[i] ? 1 : 0] : [])].join(',');
  });
  return [valid ? 't,x,y,valid' : 't,x,y', ...rows, ''].join('\n');
}
