import { UserError } from '@egolab/foundation';
import { parsePythonLiteral } from '../python-literal.ts';
import { type SkipReport, SkipLog } from '../skipped.ts';
import { readTable, requireColumns, type TableRow } from '../table.ts';
import { VideoLocator } from './video-locator.ts';

/** One row of `egoclip.csv`; times in seconds of the whole video. */
export interface EgoClipRow {
  readonly videoUid: string;
  readonly videoDuration: number;
  readonly narrator: string;
  readonly timestamp: number;
  /** as published: the first clips of a video may begin before zero */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** classes in Ego4D's taxonomy */
  readonly verbs: readonly number[];
  readonly nouns: readonly number[];
}

/** A clip-text pair; start and end count from the start of `video`, which may be a chunk of the recording. */
export interface EgoClipPair {
  readonly video: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly videoUid: string;
  /** when it was narrated, seconds of the whole video */
  readonly timestamp: number;
  readonly verbs: readonly number[];
  readonly nouns: readonly number[];
}

const columns = ['video_uid', 'narration_time', 'clip_start', 'clip_end', 'clip_text', 'tag_verb', 'tag_noun'];

/**
 * Read EgoClip (EgoVLP), tab-separated in spite of its name `egoclip.csv`, row by row; verb and noun classes are Python
 * lists. A row that cannot be read is told to `onSkip`.
 * @throws UserError for a missing or empty file or missing columns
 */
export async function* readEgoClip(
  file: string,
  onSkip: (item: string, reason: string) => void,
): AsyncGenerator<EgoClipRow> {
  let checked = false;
  for await (const row of readTable(file, { delimiter: '\t' })) {
    if (!checked) requireColumns(file, row, columns);
    checked = true;
    const clip = egoClipRow(row);
    if (typeof clip === 'string') onSkip(`line ${row.line}`, clip);
    else yield clip;
  }
  if (!checked) throw new UserError({ what: 'no rows', where: file, mend: 'the file may be cut: download it again' });
}

function egoClipRow({ cells }: TableRow): EgoClipRow | string {
  const [timestamp, start, end] = [cells.narration_time, cells.clip_start, cells.clip_end].map(Number);
  if (![timestamp, start, end].every(Number.isFinite) || end < start) return 'times are not numbers in order';
  if (!cells.clip_text) return 'no text';
  try {
    const [verbs, nouns] = [cells.tag_verb, cells.tag_noun].map(classes);
    const times = { videoDuration: Number(cells.video_dur), timestamp, start, end };
    return {
      videoUid: cells.video_uid,
      narrator: cells.narration_source ?? '',
      ...times,
      text: cells.clip_text,
      verbs,
      nouns,
    };
  } catch {
    return 'tag_verb or tag_noun is not a list of class numbers';
  }
}

function classes(cell: string): number[] {
  const list = parsePythonLiteral(cell);
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'number')) throw new Error(cell);
  return list;
}

/** EgoVLP's sentences begin "#C C picks …"; the marker is no part of the sentence. */
export function withoutMarker(text: string): string {
  return text.replace(/^#\w+\s+/, '').trim();
}

export interface EgoClipOptions {
  readonly file: string;
  /** folder of the videos, whole or in chunks; see {@link VideoLocator} */
  readonly videos: string;
}

/** All of EgoClip whose videos are on disk; what is not used is counted by reason. */
export async function egoClip(options: EgoClipOptions): Promise<{ clips: EgoClipPair[]; skipped: SkipReport }> {
  const { file, videos } = options;
  const locator = new VideoLocator(videos);
  const skipped = new SkipLog();
  const clips: EgoClipPair[] = [];
  for await (const row of readEgoClip(file, (item, reason) => skipped.add(item, reason))) {
    const { videoUid, timestamp, verbs, nouns } = row;
    const located = locator.locate(videoUid, row.start, row.end, `${file} (video ${videoUid})`);
    if (located) clips.push({ ...located, text: withoutMarker(row.text), videoUid, timestamp, verbs, nouns });
    else skipped.add(`video ${videoUid}, ${row.start} s`, 'video missing');
  }
  return { clips, skipped: skipped.report() };
}
