import { join } from 'node:path';
import { UserError } from '@egolab/foundation';
import { readAnnotationTable, requireUnique, wholeNumber } from '../annotation-text.ts';
import { parsePythonLiteral, type PythonValue } from '../python-literal.ts';

/** A narrated action of EPIC-KITCHENS-100. */
export interface Ek100Clip {
  readonly narrationId: string;
  readonly participantId: string;
  readonly videoId: string;
  /** seconds of the video (the file's frame columns are known not to fit) */
  readonly start: number;
  readonly end: number;
  readonly narration: string;
  readonly verbClass: number;
  /** at least one; may name a class twice */
  readonly nounClasses: readonly number[];
}

/** A column of the retrieval matrix. */
export interface Ek100Caption {
  readonly narrationId: string;
  /** the narration of the clip of this id: in the last rows of the published sentence file the texts are one row off */
  readonly text: string;
  /** index of that clip, whose classes are the caption's */
  readonly clip: number;
}

/** The rows and columns of multi-instance retrieval, each in the order of its file. */
export interface Ek100Retrieval {
  readonly clips: readonly Ek100Clip[];
  readonly captions: readonly Ek100Caption[];
}

/**
 * Read `EPIC_100_retrieval_<split>.csv` and `EPIC_100_retrieval_<split>_sentence.csv`.
 * @throws UserError for a missing or cut file, a cell of another kind, an id that is there twice or belongs to no clip
 */
export function readEk100Retrieval(folder: string, split: 'train' | 'test' = 'test'): Ek100Retrieval {
  const clips = readClips(join(folder, `EPIC_100_retrieval_${split}.csv`));
  const file = join(folder, `EPIC_100_retrieval_${split}_sentence.csv`);
  const rowOf = new Map(clips.map(({ narrationId }, row) => [narrationId, row]));
  const rows = readAnnotationTable(file, ['narration_id']);
  requireUnique(
    rows.map(({ line, cells }) => ({ id: cells.narration_id, where: `${file}, line ${line}, narration_id` })),
  );
  const captions = rows.map(({ line, cells: { narration_id: narrationId } }) => {
    const clip = rowOf.get(narrationId);
    if (clip === undefined)
      throw new UserError({
        what: `"${narrationId}" is no clip of EPIC_100_retrieval_${split}.csv`,
        where: `${file}, line ${line}, narration_id`,
        mend: 'take both files of one release',
      });
    return { narrationId, text: clips[clip].narration, clip };
  });
  return { clips, captions };
}

const clipColumns = [
  'narration_id',
  'participant_id',
  'video_id',
  'start_timestamp',
  'stop_timestamp',
  'narration',
  'verb_class',
  'all_noun_classes',
] as const;

function readClips(file: string): Ek100Clip[] {
  const rows = readAnnotationTable(file, clipColumns);
  requireUnique(
    rows.map(({ line, cells }) => ({ id: cells.narration_id, where: `${file}, line ${line}, narration_id` })),
  );
  return rows.map(({ line, cells }) => {
    const where = (column: (typeof clipColumns)[number]) => `${file}, line ${line} (${cells.narration_id}), ${column}`;
    const start = seconds(cells.start_timestamp, where('start_timestamp'));
    const end = seconds(cells.stop_timestamp, where('stop_timestamp'));
    if (end <= start)
      throw new UserError({
        what: `expected a time after the start, ${cells.start_timestamp}, got "${cells.stop_timestamp}"`,
        where: where('stop_timestamp'),
      });
    return {
      narrationId: cells.narration_id,
      participantId: cells.participant_id,
      videoId: cells.video_id,
      start,
      end,
      narration: cells.narration,
      verbClass: wholeNumber(cells.verb_class, 0, where('verb_class')),
      nounClasses: classList(cells.all_noun_classes, where('all_noun_classes')),
    };
  });
}

/** `[49, 36]`, as pandas writes a list. */
function classList(text: string, where: string): number[] {
  let value: PythonValue | undefined;
  try {
    value = parsePythonLiteral(text);
  } catch {
    value = undefined;
  }
  const isClass = (item: PythonValue): item is number =>
    typeof item === 'number' && Number.isInteger(item) && item >= 0;
  if (Array.isArray(value) && value.length > 0 && value.every(isClass)) return value;
  throw new UserError({ what: `expected a list of class numbers such as [49, 36], got "${text}"`, where });
}

/** `00:19:40.16` */
function seconds(text: string, where: string): number {
  const parts = /^(\d+):([0-5]?\d):([0-5]?\d(?:\.\d+)?)$/.exec(text.trim());
  if (!parts) throw new UserError({ what: `expected a time such as 00:19:40.16, got "${text}"`, where });
  return Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]);
}
