import { z } from 'zod';
import { TABLE_16_PROMPTS, type PromptName } from '@egolab/benchmarks';

const promptNames = Object.keys(TABLE_16_PROMPTS) as [PromptName, ...PromptName[]];

/** How EgoBench is asked. */
export const egoBenchSettings = z.strictObject({
  /** names of tasks (`libs/benchmarks`); null: every one whose data set is there */
  tasks: z.array(z.string()).nullable(),
  /** at most this many questions of each task, drawn by the seed; null: all, as the published numbers need */
  maxQuestions: z.number().int().positive().nullable(),
  /** the instruction before a question: one of Table 16's, or a text of one's own */
  prompt: z.union([z.enum(promptNames), z.strictObject({ text: z.string() })]),
  /** the likeliest option, or the letter that the model writes */
  scoring: z.enum(['likelihood', 'letter']),
  /** whether the options stand in the prompt; a letter needs them */
  listOptions: z.boolean(),
  /** SentenceBERT in Hugging Face format, for candidates */
  sentenceEncoder: z.string(),
  /** folder in which candidates are stored */
  candidates: z.string(),
  /** tokens of a generated answer */
  maxNewTokens: z.number().int().positive(),
  /** who marks open answers: a chat model (folder or GGUF), an OpenAI-compatible endpoint, or nobody */
  judge: z.union([z.string(), z.strictObject({ url: z.string(), model: z.string() })]).nullable(),
});
export type EgoBenchSettings = z.infer<typeof egoBenchSettings>;

/** The text of a prompt setting. */
export function instructionOf(prompt: EgoBenchSettings['prompt']): string {
  return typeof prompt === 'string' ? TABLE_16_PROMPTS[prompt] : prompt.text;
}
