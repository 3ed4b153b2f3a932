import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { identity, readRecords, text } from './records.ts';

const LETTERS = ['A', 'B', 'C', 'D'] as const;
const frame = z.number().int().nonnegative();

const progress = z.object({ narration_text: z.string(), start_frame: frame, stop_frame: frame });
const shared = {
  sample_id: identity,
  video_source: z.enum(['EpicKitchens', 'Ego4D']),
  video_id: text,
  task_goal: text,
  question: text,
  answer: text,
  current_observation_frame: frame,
  task_progress_metadata: z.array(progress),
};
const validation = z
  .looseObject({
    ...shared,
    choice_a: text,
    choice_b: text,
    choice_c: text,
    choice_d: text,
    golden_choice_idx: z.enum(LETTERS),
  })
  .refine((record) => !Object.keys(record).some((key) => /^choice_[e-z]$/.test(key)), {
    error: 'expected four choices, got more',
    path: ['choice_e'],
  });
const training = z.object({ ...shared, negative_answers: z.array(text) });

/** What should the camera wearer do next? */
export interface EgoPlanQuestion {
  readonly id: string;
  readonly source: 'EpicKitchens' | 'Ego4D';
  readonly videoId: string;
  readonly taskGoal: string;
  readonly question: string;
  readonly options: readonly string[];
  /** index of the right option */
  readonly answer: number;
  /** the moment of the question: frame of the video (EPIC-KITCHENS counts from 1, Ego4D from 0) */
  readonly observationFrame: number;
  /** what was done before it */
  readonly progress: readonly { readonly text: string; readonly startFrame: number; readonly stopFrame: number }[];
}

/**
 * `EgoPlan_validation.json`: four choices.
 * @throws UserError naming file, record and field of what is wrong, also when `answer` is not the choice of `golden_choice_idx`
 */
export function readEgoPlan(file: string): EgoPlanQuestion[] {
  const mend = 'expected EgoPlan_validation.json; the test set has no public answers';
  return readRecords(validation, file, { id: 'sample_id', mend }).map(({ record, where }) => {
    const options = [record.choice_a, record.choice_b, record.choice_c, record.choice_d].map((choice) => choice.trim());
    const answer = LETTERS.indexOf(record.golden_choice_idx);
    if (options[answer] !== record.answer.trim())
      throw new UserError({
        what: `at answer: expected choice ${record.golden_choice_idx}, "${options[answer]}", got "${record.answer}"`,
        where,
      });
    return { ...question(record), options, answer };
  });
}

/**
 * EgoPlan-IT, the instruction-tuning records: negative answers instead of choices; the answer is option 0 here.
 * @throws UserError naming file, record and field of what is wrong
 */
export function readEgoPlanIt(file: string): EgoPlanQuestion[] {
  const mend = 'expected EgoPlan-IT records with negative_answers';
  return readRecords(training, file, { id: 'sample_id', mend }).map(({ record }) => ({
    ...question(record),
    options: [record.answer.trim(), ...record.negative_answers],
    answer: 0,
  }));
}

function question(record: Omit<z.output<typeof training>, 'negative_answers'>) {
  return {
    id: record.sample_id,
    source: record.video_source,
    videoId: record.video_id,
    taskGoal: record.task_goal,
    question: record.question.trim(),
    observationFrame: record.current_observation_frame,
    progress: record.task_progress_metadata.map(({ narration_text, start_frame, stop_frame }) => ({
      text: narration_text,
      startFrame: start_frame,
      stopFrame: stop_frame,
    })),
  };
}
