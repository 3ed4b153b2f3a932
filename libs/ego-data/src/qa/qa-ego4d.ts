import { z } from 'zod';
import { identity, readRecords, text } from './records.ts';

/** Frames a second of the canonical Ego4D clips, in which moments are counted. */
export const EGO4D_FPS = 30;

const shared = {
  video_id: text,
  sample_id: identity,
  question: text,
  answer: text,
  moment_start_frame: z.number(),
  moment_end_frame: z.number(),
  video_uid: text.nullish(),
  video_start_sec: z.number().nullish(),
  video_end_sec: z.number().nullish(),
};
const open = z.object(shared);
const closed = z.object({ ...shared, wrong_answers: z.array(text).length(3) });
const either = z.object({ ...shared, wrong_answers: z.array(text).length(3).optional() });

/** A question of episodic memory about an Ego4D clip of some minutes. */
export interface QaEgo4dQuestion {
  readonly id: string;
  /** canonical clip of Ego4D, not its source video */
  readonly clipUid: string;
  readonly question: string;
  readonly answer: string;
  /** where the answer can be seen, seconds of the clip (the file counts frames, with fractions) */
  readonly moment: { readonly start: number; readonly end: number };
}

export interface QaEgo4dClosedQuestion extends QaEgo4dQuestion {
  readonly wrongAnswers: readonly string[];
}

const mend = 'expected a list of QaEgo4D records, as GroundVQA publishes them';

/**
 * Open questions: `annotations.QaEgo4D_test.json`.
 * @throws UserError naming file, record and field of what is wrong
 */
export function readQaEgo4dOpen(file: string): QaEgo4dQuestion[] {
  return readRecords(open, file, { id: 'sample_id', mend }).map(({ record }) => question(record));
}

/**
 * Closed questions with three wrong answers: `annotations.QaEgo4D_test_close.json` (replaced in February 2024 after a check
 * by people).
 * @throws UserError naming file, record and field of what is wrong
 */
export function readQaEgo4dClosed(file: string): QaEgo4dClosedQuestion[] {
  return readRecords(closed, file, { id: 'sample_id', mend }).map(({ record }) => ({
    ...question(record),
    wrongAnswers: record.wrong_answers,
  }));
}

/**
 * EgoTimeQA, of the same format, but several records share a `sample_id` (the clip's): ids are numbered here. A record
 * without `wrong_answers` is open.
 * @throws UserError naming file, record and field of what is wrong
 */
export function readEgoTimeQa(
  file: string,
): (QaEgo4dQuestion & { readonly wrongAnswers: readonly string[] | undefined })[] {
  return readRecords(either, file, { mend }).map(({ record }, index) => ({
    ...question(record),
    id: `${record.sample_id}_${index}`,
    wrongAnswers: record.wrong_answers,
  }));
}

function question(record: z.output<typeof open>): QaEgo4dQuestion {
  const [from, to] = [record.moment_start_frame, record.moment_end_frame].sort((a, b) => a - b);
  return {
    id: record.sample_id,
    clipUid: record.video_id,
    question: record.question.trim(),
    answer: record.answer.trim(),
    moment: { start: Math.max(0, from / EGO4D_FPS), end: Math.max(0, to / EGO4D_FPS) },
  };
}
