import { dirname, relative } from 'node:path';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import type { Skipped } from '../skipped.ts';
import { readAtomicDescriptions, type TakeNarrations } from './annotations.ts';
import { clipStatistics, type ClipStatistics } from './statistics.ts';
import { readTakes, type Take } from './takes.ts';
import { narrationWindows, type WindowOptions } from './windows.ts';

export interface WindowsTableOptions extends Pick<WindowOptions, 'alpha' | 'beta'> {
  /** one or more `atomic_descriptions_*.json` */
  readonly annotations: readonly string[];
  /** `takes.json`: adds views, names and the end of each take; the videos themselves need not be there */
  readonly takes?: string;
}

/** One row of the table: a narration, or with `takes` one view of it. Times in seconds. */
export interface WindowRow {
  readonly take_uid: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly timestamp: number;
  readonly annotator_id: string;
  readonly subject: string;
  readonly ego_visible: boolean;
  readonly unsure: boolean;
  readonly best_exo: string;
  readonly take_name?: string;
  readonly cam_id?: string;
  readonly is_ego?: boolean;
  /** relative to the folder of takes.json */
  readonly video?: string;
}

export interface WindowsTable {
  readonly rows: readonly WindowRow[];
  readonly statistics: ClipStatistics;
  readonly skipped: readonly Skipped[];
}

/**
 * Narrations to clip-text rows by equation 1. Without `takes` every narration of every take becomes a row; with it, each
 * view of it does, and takes that it does not hold, or that were dropped, are listed as skipped.
 * @throws UserError for a missing or cut file or a path that leaves the folder of takes.json
 */
export function windowsTable({ annotations, takes: takesFile, alpha, beta }: WindowsTableOptions): WindowsTable {
  const takes = takesFile ? new Map(readTakes(takesFile).map((take) => [take.takeUid, take])) : undefined;
  const rows: WindowRow[] = [];
  const skipped: Skipped[] = [];
  const clips: { start: number; end: number; text: string; exoViews: number }[] = [];
  const groups: { videos: number; duration: number | undefined; scenario: string }[] = [];
  for (const { takeUid, narrations, rejectedPasses, unusable } of narratedTakes(annotations)) {
    const item = `take uid ${takeUid}`;
    if (rejectedPasses > 0)
      skipped.push({ item, reason: `annotation passes rejected by quality control: ${rejectedPasses}` });
    if (unusable > 0) skipped.push({ item, reason: `sentences without text or time: ${unusable}` });
    const take = takes?.get(takeUid);
    const reason = takes && skipReason(take);
    if (reason || narrations.length === 0) {
      skipped.push({ item, reason: reason ?? 'no narrations' });
      continue;
    }
    const windows = narrationWindows(narrations, { alpha, beta, duration: take?.duration });
    const order = narrations.map((_, i) => i).sort((a, b) => narrations[a].timestamp - narrations[b].timestamp);
    for (const i of order) {
      const { timestamp, text, annotator, subject, egoVisible, unsure, bestExo } = narrations[i];
      const told = {
        timestamp,
        annotator_id: annotator,
        subject,
        ego_visible: egoVisible,
        unsure,
        best_exo: bestExo ?? '',
      };
      const row = { take_uid: takeUid, ...windows[i], text, ...told };
      rows.push(...(take ? viewsOf(take, dirname(takesFile!)).map((view) => ({ ...row, ...view })) : [row]));
      clips.push({ ...windows[i], text, exoViews: take?.exo.length ?? 0 });
    }
    groups.push({
      videos: take ? take.exo.length + 1 : 0,
      duration: take?.duration,
      scenario: take?.scenario ?? 'unknown',
    });
  }
  return { rows, statistics: clipStatistics({ clips, groups }), skipped };
}

/** @throws UserError for a take that two files hold, or one file that is named twice */
function narratedTakes(files: readonly string[]): TakeNarrations[] {
  const seen = new Set<string>();
  return files.flatMap((file) =>
    readAtomicDescriptions(file).map((take) => {
      if (seen.has(take.takeUid))
        throw new UserError({
          what: `take uid ${take.takeUid} is in a file before it, too`,
          where: file,
          mend: 'name each file once; a take belongs to one split',
        });
      seen.add(take.takeUid);
      return take;
    }),
  );
}

function skipReason(take: Take | undefined): string | undefined {
  if (!take) return 'no UID mapping: the take is not in takes.json';
  if (take.dropped) return 'dropped from the data set (is_dropped)';
  return take.ego || take.exo.length > 0 ? undefined : 'no UID mapping: no video in takes.json';
}

function viewsOf(take: Take, root: string) {
  return [...(take.ego ? [take.ego] : []), ...take.exo].map((video) => ({
    take_name: take.takeName,
    cam_id: video.camId,
    is_ego: video === take.ego,
    video: relative(root, video.path),
  }));
}

/** Write rows as CSV (RFC 4180); times with microseconds, flags as 0 and 1. */
export function writeWindowsCsv(file: string, rows: readonly WindowRow[]): void {
  writeFileAtomic(file, csvLines(rows));
}

function* csvLines(rows: readonly WindowRow[]): Generator<Uint8Array> {
  const columns = Object.keys(rows[0] ?? emptyRow) as (keyof WindowRow)[];
  yield Buffer.from(`${columns.join(',')}\n`);
  for (const row of rows) yield Buffer.from(`${columns.map((column) => csvCell(row[column])).join(',')}\n`);
}

function csvCell(value: WindowRow[keyof WindowRow]): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return String(Number(value.toFixed(6)));
  const text = value ?? '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The columns of a table without rows. */
const emptyRow: WindowRow = {
  take_uid: '',
  start: 0,
  end: 0,
  text: '',
  timestamp: 0,
  annotator_id: '',
  subject: '',
  ego_visible: false,
  unsure: false,
  best_exo: '',
};
