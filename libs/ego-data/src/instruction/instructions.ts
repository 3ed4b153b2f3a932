import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readAs } from '../boundary.ts';

/** The five sources of EgoIT (Table 1). */
export const egoItSources = ['EGTEA', 'Something-Something-V2', 'EgoTimeQA', 'OpenEQA', 'EgoExoLearn'] as const;
export type EgoItSource = (typeof egoItSources)[number];

/** Supplement B: what each kind of task is. */
export const taskDescriptions = {
  'action-recognition':
    'Action Recognition is the task of identifying and classifying human actions within video sequences',
  'question-answering':
    'Question Answering is the task of analyzing video content to generate accurate answers to questions based on the visual information within the video',
  captioning:
    'Captioning is the task of generating descriptive textual summaries that capture the key events and actions occurring in the video',
} as const;
export type EgoItTask = keyof typeof taskDescriptions;

const dataset = z.strictObject({
  task: z.enum(Object.keys(taskDescriptions) as [EgoItTask, ...EgoItTask[]]),
  description: z.string().min(1),
  instructions: z.array(z.strictObject({ by: z.string().min(1), text: z.string().min(1) })).length(10),
});
const file = z.strictObject({
  provenance: z.string(),
  datasets: z.strictObject(
    Object.fromEntries(egoItSources.map((source) => [source, dataset])) as Record<EgoItSource, typeof dataset>,
  ),
});

/** What is said about a source: its task, the paper's description of it, and ten instructions with who wrote each. */
export type SourceInstructions = z.output<typeof dataset>;

const checkedIn = fileURLToPath(new URL('instructions.json', import.meta.url));

/**
 * The ten instructions of each source.
 *
 * @param path a file of one's own in the format of the checked-in one, which is the default
 * @throws UserError when it isn't: a source missing, or not ten instructions
 */
export function readInstructionTexts(path = checkedIn): Readonly<Record<EgoItSource, SourceInstructions>> {
  return readAs(file, path, 'see libs/ego-data/src/instruction/instructions.json').datasets;
}

/**
 * The prompt that asks a language model for instructions (Figure 12, which is an image: its three parts "dataset description", "task
 * description" and "instruction example" are the paper's, the words between them ours).
 */
export function instructionPrompt(
  source: EgoItSource,
  { task, description, instructions }: SourceInstructions,
): string {
  return [
    'Write ten different task instructions for a model that watches first-person videos. An instruction says what to look at and what to answer; it names no particular video.',
    `Dataset description: ${source}. ${description}`,
    `Task description: ${taskDescriptions[task]}.`,
    `Instruction example: ${instructions[0].text}`,
    'Number them 1 to 10, one a line.',
  ].join('\n');
}
