import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { numeric, readAs } from '../boundary.ts';

const clip = z.object({
  video_uid: z.string(),
  clip_start: numeric,
  clip_end: numeric,
  clip_text: z.string(),
});

const question = z.object({
  answer: z.number().int().nonnegative(),
  query: clip,
  choices: z.record(z.string(), clip),
  types: z.union([z.literal(1), z.literal(2)]),
});

/** A clip of an Ego4D video, seconds of the whole video; `VideoLocator` finds it on disk. */
export interface McqClip {
  readonly videoUid: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * One EgoMCQ question: which of the clips does `query.text` describe? (The paper turns it round: which of the texts
 * describes the clip `query`?)
 */
export interface EgoMcqQuestion {
  readonly id: string;
  /** `inter`: choices from different videos (1 in the file); `intra`: all from one video (2). EgoVLP's metric code names them the wrong way round. */
  readonly type: 'inter' | 'intra';
  readonly query: McqClip;
  readonly choices: readonly McqClip[];
  /** index of the right choice */
  readonly answer: number;
}

/**
 * Read `egomcq.json`.
 * @throws UserError when it is missing, cut, empty or of another format, or an answer is not among the choices
 */
export function readEgoMcq(file: string): EgoMcqQuestion[] {
  const schema = z.record(
    z.string(),
    question.refine((entry) => String(entry.answer) in entry.choices, {
      error: 'the answer is not among the choices',
      path: ['answer'],
    }),
  );
  const questions = Object.entries(readAs(schema, file));
  if (questions.length === 0) throw new UserError({ what: 'no questions', where: file, mend: 'the file may be cut' });
  return questions.map(([id, { answer, query, choices, types }]) => {
    const order = Object.keys(choices).sort((a, b) => Number(a) - Number(b));
    return {
      id,
      type: types === 1 ? 'inter' : 'intra',
      query: mcqClip(query),
      choices: order.map((key) => mcqClip(choices[key])),
      answer: order.indexOf(String(answer)),
    };
  });
}

function mcqClip({
  video_uid: videoUid,
  clip_start: start,
  clip_end: end,
  clip_text: text,
}: z.output<typeof clip>): McqClip {
  return { videoUid, start: Math.max(0, start), end: Math.max(0, end), text };
}
