import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { readRecords, text } from './records.ts';

const record = z.object({ video: text, question: text, candidates: z.array(text).length(4), answer: text });

/** Which way does the instruction lead next? */
export interface VlnQuestion {
  /** MVBench has no ids: place in the list, from 0 */
  readonly id: string;
  /** file name below `vlnqa/` */
  readonly video: string;
  readonly question: string;
  readonly options: readonly string[];
  /** index of the right option */
  readonly answer: number;
}

/**
 * VLN-QA as MVBench publishes it, `egocentric_navigation.json`: 200 records whose answer is one of four candidates.
 * @throws UserError naming file, record and field of what is wrong
 */
export function readVlnQa(file: string): VlnQuestion[] {
  const mend = "expected MVBench's egocentric_navigation.json";
  return readRecords(record, file, { mend }).map(({ record, where }, index) => {
    const options = record.candidates.map((candidate) => candidate.trim());
    const places = options.flatMap((option, i) => (option === record.answer.trim() ? [i] : []));
    if (places.length !== 1)
      throw new UserError({
        what: `at answer: expected one of the candidates, got "${record.answer}", which is ${places.length} of them`,
        where,
      });
    return { id: String(index), video: record.video, question: record.question.trim(), options, answer: places[0] };
  });
}
