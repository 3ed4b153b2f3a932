import { z } from 'zod';
import { TABLE_16_PROMPTS, type PromptName } from '@egolab/benchmarks';

const promptNames = Object.keys(TABLE_16_PROMPTS) as [PromptName, ...PromptName[]];
const count = z.number().int().positive();

/** How EgoBench is asked, after every stage alike. */
export const egoBenchSettings = z.strictObject({
  /** names of tasks (`libs/benchmarks`); null: every one whose data set is there */
  tasks: z.array(z.string()).nullable(),
  /** the instruction before a question: one of Table 16's, or a text of one's own */
  prompt: z.union([z.enum(promptNames), z.strictObject({ text: z.string() })]),
  /**
   * the likeliest option; the one whose likelihood the clip raises most, in comparison with a few other clips of the task, for a language
   * model to which some options are foreign; or the letter that the model writes
   */
  scoring: z.enum(['likelihood', 'likelihood-ratio', 'letter']),
  /** whether the options stand in the prompt; a letter needs them */
  listOptions: z.boolean(),
  /** questions whose clips and prompts are read together, and answers to them: more are faster and need more memory */
  questionsAtATime: count,
  sequencesAtATime: count,
  /** tokens of a generated answer */
  maxNewTokens: count,
  /** who marks open answers: a chat model (folder or GGUF), an OpenAI-compatible endpoint, or nobody */
  judge: z.union([z.string(), z.strictObject({ url: z.string(), model: z.string() })]).nullable(),
});
export type EgoBenchSettings = z.infer<typeof egoBenchSettings>;

/** How many questions an evaluation asks. */
export const questionLimits = {
  /** at most this many questions of each task, the same ones after every stage and of every seed; null: all, as the published numbers need */
  maxQuestions: count.nullable(),
  /** tasks with a limit of their own */
  questionsOf: z.record(z.string(), count.nullable()).default({}),
};
export interface QuestionLimits {
  readonly maxQuestions: number | null;
  readonly questionsOf: Readonly<Record<string, number | null>>;
}

/** The text of a prompt setting. */
export function instructionOf(prompt: EgoBenchSettings['prompt']): string {
  return typeof prompt === 'string' ? TABLE_16_PROMPTS[prompt] : prompt.text;
}
