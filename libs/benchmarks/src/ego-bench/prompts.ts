import { normalizedAnswer } from '@egolab/metrics';

/**
 * The three prompts of Table 16 (supplement D.2.3); the paper reports its results with the third.
 */
export const TABLE_16_PROMPTS = {
  plain: 'Carefully observe the video and choose the best option for the question.',
  detailed:
    'Carefully watch the video and pay attention to the cause and sequence of events, the detail and movement of objects, and the action and pose of persons. Select the best option that accurately addresses the question.',
  'first-person':
    'From a first-person perspective, pay attention to the cause and sequence of events, the hands’ movements and details with objects, and the action and pose of persons. Select the best option that accurately addresses the question.',
} as const;
export type PromptName = keyof typeof TABLE_16_PROMPTS;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export interface PromptOptions {
  /** one of Table 16's, or any text */
  readonly instruction: string;
  /** whether the options stand in the prompt, as they must where a letter is to be answered */
  readonly listOptions: boolean;
}

/** The user's message for a question with options: `(A) in the drawer.` a line, as in Table 12. */
export function choicePrompt(
  { question, options }: { readonly question: string; readonly options: readonly string[] },
  { instruction, listOptions }: PromptOptions,
): string {
  const lines = [instruction, question];
  if (listOptions) {
    lines.push('Options:', ...options.map((option, i) => `(${LETTERS[i]}) ${option}`));
    lines.push("Answer with the option's letter.");
  }
  return lines.filter((line) => line !== '').join('\n');
}

/**
 * The option that a generated text names: a letter that stands as one ("B", "(B)", "B.", "the answer is B"), else an option's
 * own words. "C opens the door" names no letter: C is the camera wearer. (VideoLLaMA2's script takes the first capital A to E
 * anywhere, and C where there is none.)
 *
 * @returns undefined when none or several are named
 */
export function parseLetter(text: string, options: readonly string[]): number | undefined {
  const letters = LETTERS.slice(0, options.length);
  const said = text.trim();
  const patterns = [
    new RegExp(`^\\(?([${letters}])\\)?[.):,]?$`, 'i'),
    new RegExp(`^\\(([${letters}])\\)`, 'i'),
    new RegExp(`^([${letters}])[.):]\\s`),
    // only the letter's own case tells "the answer is A" from "the answer is a cup"
    new RegExp(`(?:[Aa]nswer|[Oo]ption|[Cc]hoice)(?: is)?:?\\s*\\(?([${letters}])(?![\\w'])`),
  ];
  for (const pattern of patterns) {
    const letter = pattern.exec(said)?.[1];
    if (letter) return LETTERS.indexOf(letter.toUpperCase());
  }
  const words = normalizedAnswer(said);
  const named = options.flatMap((option, i) => (normalizedAnswer(option) === words ? [i] : []));
  return named.length === 1 ? named[0] : undefined;
}
