import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { identity, readRecords, text } from './records.ts';

const names = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const record = z.object({
  question_id: identity,
  question: text,
  answer: text,
  interval: text,
  type: names.default([]),
  category: names.default([]),
  semantic: z.string().nullish(),
  structural: z.string().nullish(),
  reference: z.string().nullish(),
  program: z.string().nullish(),
});

/** A question about what a person of the LEMMA data set does, and what it brings about. */
export interface EgoTaskQuestion {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** as in the file, `video|fpv1|start|end`; the released clips bear this name */
  readonly interval: string;
  readonly videoId: string;
  readonly view: string;
  /** frames of the video, first and last that belong to it (the file's own borders lie one outside) */
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly category: readonly string[];
  readonly semantic: string | undefined;
  readonly structural: string | undefined;
  /** `direct`, or `indirect`: the action is described rather than named */
  readonly reference: string | undefined;
  /** the question as a program: "query([hoi], iterate_until(…" */
  readonly program: string | undefined;
}

/**
 * EgoTaskQA's `direct/{train,val,test}_qas.json` or `indirect/…`. The folder says the split: the direct split holds
 * questions of every kind, the indirect one tests on indirect references only (published split script).
 * @throws UserError naming file, record and field of what is wrong
 */
export function readEgoTaskQa(file: string): EgoTaskQuestion[] {
  const mend = 'expected a list of EgoTaskQA records, such as direct/test_qas.json';
  return readRecords(record, file, { id: 'question_id', mend }).map(({ record, where }) => ({
    id: record.question_id,
    question: record.question.trim(),
    answer: record.answer.trim(),
    ...intervalOf(record.interval, where),
    category: record.category,
    semantic: record.semantic ?? undefined,
    structural: record.structural ?? undefined,
    reference: record.reference ?? undefined,
    program: record.program ?? undefined,
  }));
}

function intervalOf(interval: string, where: string) {
  const [videoId, view, start, end, ...more] = interval.split('|');
  const [from, to] = [Number(start), Number(end)];
  const whole = Number.isInteger(from) && Number.isInteger(to) && start.trim() !== '' && end.trim() !== '';
  if (!videoId || !view || !whole || more.length > 0 || from < 0 || to - from < 2)
    throw new UserError({
      what: `at interval: expected "video|view|start|end" with frames in order, got "${interval}"`,
      where,
    });
  return { interval, videoId, view, firstFrame: from + 1, lastFrame: to - 1 };
}
