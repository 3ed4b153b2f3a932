import { z } from 'zod';
import { identity, readRecords, text } from './records.ts';

const record = z.object({
  question_id: identity,
  question: text,
  answer: text,
  category: text,
  episode_history: text,
  extra_answers: z.array(z.string()).nullish(),
});

/** A question about a walk through a scanned house. */
export interface OpenEqaQuestion {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** other answers that are right */
  readonly extraAnswers: readonly string[];
  /** one of seven, such as "object recognition" */
  readonly category: string;
  /** folder of the frames below `data/frames`: `hm3d-v0/000-hm3d-…`, `scannet-v0/…` */
  readonly episode: string;
}

/**
 * `open-eqa-v0.json`: 1,636 questions.
 * @throws UserError naming file, record and field of what is wrong
 */
export function readOpenEqa(file: string): OpenEqaQuestion[] {
  const mend = 'expected open-eqa-v0.json';
  return readRecords(record, file, { id: 'question_id', mend }).map(({ record }) => ({
    id: record.question_id,
    question: record.question.trim(),
    answer: record.answer.trim(),
    extraAnswers: (record.extra_answers ?? []).filter((answer) => answer.trim() !== ''), // some published ones are empty
    category: record.category,
    episode: record.episode_history,
  }));
}
