import { existsSync } from 'node:fs';
import { z } from 'zod';
import { readAs } from '../boundary.ts';
import { readRecords } from '../qa/records.ts';
import { resolveInside, UserError } from '@egolab/foundation';

const optionKeys = ['option 0', 'option 1', 'option 2', 'option 3', 'option 4'] as const;

const question = z
  .looseObject({
    q_uid: z.string().min(1),
    google_drive_id: z.string().nullish(),
    question: z.string(),
    'option 0': z.string(),
    'option 1': z.string(),
    'option 2': z.string(),
    'option 3': z.string(),
    'option 4': z.string(),
  })
  .refine((record) => !('option 5' in record), { error: 'expected five options, got more', path: ['option 5'] });

const answers = z.record(z.string(), z.number().int().min(0).max(4));

/** A question about a whole three-minute clip, `<id>.mp4`, with five options. */
export interface EgoSchemaQuestion {
  readonly id: string;
  readonly googleDriveId: string | undefined;
  readonly question: string;
  readonly options: readonly [string, string, string, string, string];
  /** index of the right option, where it is public */
  readonly answer: number | undefined;
}

/**
 * Read EgoSchema's `questions.json` and, where given, `subset_answers.json` (500 of 5,031 answers are public).
 * @throws UserError when a file is missing, cut or of another format, or an answer belongs to no question
 */
export function readEgoSchema(questionsFile: string, answersFile?: string): EgoSchemaQuestion[] {
  const mend = 'the first published questions.json had no "question" key: download the present one';
  const questions = readRecords(question, questionsFile, { id: 'q_uid', mend }).map(({ record }) => record);
  const known = answersFile ? readAs(answers, answersFile) : {};
  const ids = new Set(questions.map((entry) => entry.q_uid));
  const stray = Object.keys(known).filter((id) => !ids.has(id));
  if (stray.length > 0) {
    throw new UserError({
      what: `answers that belong to no question: ${stray.length}, such as ${stray[0]}`,
      where: answersFile,
      mend: `check that it belongs to ${questionsFile}`,
    });
  }
  return questions.map((entry) => {
    const [a, b, c, d, e] = optionKeys.map((key) => entry[key]);
    const { q_uid: id, google_drive_id: drive, question: text } = entry;
    return { id, googleDriveId: drive ?? undefined, question: text, options: [a, b, c, d, e], answer: known[id] };
  });
}

/**
 * Read `subset_answers.json` alone: the index of the right option by question.
 * @throws UserError naming the question of what is wrong
 */
export function readEgoSchemaAnswers(file: string): Readonly<Record<string, number>> {
  const mend = 'expected subset_answers.json, {question id: 0 to 4}';
  const known = readAs(answers, file, mend);
  if (Object.keys(known).length === 0) throw new UserError({ what: 'it holds no answers', where: file, mend });
  return known;
}

/** The video of a question in a folder of `<q_uid>.mp4`; undefined when it is not there. */
export function egoSchemaVideo(folder: string, id: string): string | undefined {
  const path = resolveInside(folder, `${id}.mp4`, `question ${id}`);
  return existsSync(path) ? path : undefined;
}
