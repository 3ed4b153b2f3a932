import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '@egolab/foundation';

/** One optimiser step as it is recorded; metrics of the loss function stand beside these. */
export interface TrainingRecord {
  /** optimiser steps done, from 1 */
  step: number;
  /** passes over the data done, a fraction */
  epoch: number;
  /** mean over the global batch */
  loss: number;
  /** of this step's update */
  learningRate: number;
  /** global norm of the gradient before clipping */
  gradNorm: number;
  samplesPerSecond: number;
  [metric: string]: number;
}

/**
 * `history.csv`: one row a step, in order, each exactly once however often training was cut off. Rows are appended as
 * steps are done; a restart at step k drops the rows after k, which are about to be made again.
 */
export class HistoryFile {
  /** steps that the file held when it was opened, those that were then cut included */
  readonly recordedBefore: number;
  private readonly file: number;
  private columns: string[] | undefined;

  /**
   * Open or begin the file and cut it after the row of step `step`.
   * @throws UserError when rows up to `step` are missing
   */
  constructor(path: string, step: number) {
    mkdirSync(dirname(path), { recursive: true });
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const kept = rowsUpTo(text, step);
    this.recordedBefore = rowsUpTo(text, Infinity).rows;
    if (kept.rows !== step) {
      throw new UserError({
        what: `holds ${kept.rows} of the ${step} steps that the saved training state has done`,
        where: path,
        mend: 'put the file back, or remove the folder with the training state to begin anew',
      });
    }
    this.file = openSync(path, 'a');
    ftruncateSync(this.file, Buffer.byteLength(kept.text));
    if (kept.text) this.columns = kept.text.slice(0, kept.text.indexOf('\n')).split(',');
  }

  append(record: TrainingRecord): void {
    const lines = this.columns ? [] : [(this.columns = Object.keys(record)).join(',')];
    if (Object.keys(record).join() !== this.columns?.join()) {
      throw new Error(
        `every step must record the same values: expected ${this.columns?.join(', ')}; got ${Object.keys(record).join(', ')}`,
      );
    }
    writeSync(this.file, [...lines, Object.values(record).join(','), ''].join('\n'));
  }

  /** Wait until the rows are on disk. */
  flush(): void {
    fsyncSync(this.file);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** The rows of a history file; an empty list when there is none. */
export function readHistory(path: string): TrainingRecord[] {
  if (!existsSync(path)) return [];
  const [header, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const columns = header.split(',');
  return rows.map((row) => {
    const values = row.split(',').map(Number);
    return Object.fromEntries(columns.map((column, i) => [column, values[i]])) as TrainingRecord;
  });
}

/** The header and the rows of steps 1 to `step`; a row that was cut off while it was written is no row. */
function rowsUpTo(text: string, step: number): { text: string; rows: number } {
  let end = step === 0 ? -1 : text.indexOf('\n');
  let rows = 0;
  for (
    let next = text.indexOf('\n', end + 1);
    end >= 0 && next >= 0 && rows < step;
    next = text.indexOf('\n', end + 1)
  ) {
    if (Number(text.slice(end + 1, text.indexOf(',', end + 1))) !== rows + 1) break;
    [end, rows] = [next, rows + 1];
  }
  return { text: text.slice(0, end + 1), rows };
}
