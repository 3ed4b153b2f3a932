import { argmax } from '@egolab/metrics';
import type { ClipRequest } from '@egolab/video';
import { locateClip } from './locate.ts';
import { choicePrompt, parseLetter } from './prompts.ts';
import type { ChoiceQuestion, OpenQuestion } from './question.ts';
import { ResultsFile, type QuestionResult, type ResultsHeader } from './results.ts';
import type { ChoiceTask } from './task.ts';

/** A model that looks at clips and answers. */
export interface Answerer {
  /** decode clips that will be asked about soon */
  prefetch(clips: readonly ClipRequest[]): void;
  /** log-likelihood (nats) of each answer to the prompt, and its number of tokens */
  likelihoods(
    clip: ClipRequest,
    prompt: string,
    answers: readonly string[],
  ): Promise<readonly { readonly logLikelihood: number; readonly numTokens: number }[]>;
  /** an answer in the model's own words */
  generate(clip: ClipRequest, prompt: string): Promise<string>;
}

export interface AnswerOptions {
  /** folder of the task's videos */
  readonly videos: string;
  /** results file: questions that are in it aren't asked again */
  readonly results: string;
  /** what the answers depend on besides what stands here: model, frames, … */
  readonly header: ResultsHeader;
  /** text before the question; see `TABLE_16_PROMPTS` */
  readonly instruction: string;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ChoiceOptions extends AnswerOptions {
  /** the likeliest option, or the letter that the model writes */
  readonly scoring: 'likelihood' | 'letter';
  /** whether the options stand in the prompt; a letter needs them */
  readonly listOptions: boolean;
}

/** Clips that are located, and decoded, ahead of the question that is asked. */
const AHEAD = 8;

/** Ask every question that has no result yet; the results come in the questions' order. */
export async function answerChoices(
  task: Pick<ChoiceTask, 'name' | 'likelihood'>,
  questions: readonly ChoiceQuestion[],
  answerer: Answerer,
  options: ChoiceOptions,
): Promise<QuestionResult[]> {
  const { scoring, instruction, listOptions } = options;
  const header = { task: task.name, likelihood: task.likelihood, scoring, instruction, listOptions, ...options.header };
  const results = new ResultsFile(options.results, header);
  try {
    await forEachClip(
      questions,
      answerer,
      options,
      (id) => results.has(id),
      async (question, clip) => {
        const prompt = choicePrompt(question, { instruction, listOptions: listOptions || scoring === 'letter' });
        const { id, group, answer } = question;
        if (scoring === 'letter') {
          const text = await answerer.generate(clip, prompt);
          results.add({ id, group, answer, predicted: parseLetter(text, question.options) ?? null, text });
          return;
        }
        const likelihoods = await answerer.likelihoods(clip, prompt, question.options);
        const scores = likelihoods.map(({ logLikelihood, numTokens }) =>
          task.likelihood === 'per-token' ? logLikelihood / numTokens : logLikelihood,
        );
        results.add({ id, group, answer, predicted: argmax(scores), scores });
      },
    );
    return questions.map(({ id }) => results.get(id)!);
  } finally {
    results.close();
  }
}

/** An open question's answer. */
export interface OpenResult {
  readonly id: string;
  readonly text: string;
}

/** Ask every open question that has no result yet. */
export async function answerOpen(
  task: { readonly name: string },
  questions: readonly OpenQuestion[],
  answerer: Answerer,
  options: AnswerOptions,
): Promise<OpenResult[]> {
  const header = { task: task.name, instruction: options.instruction, ...options.header };
  const results = new ResultsFile<OpenResult>(options.results, header);
  try {
    await forEachClip(
      questions,
      answerer,
      options,
      (id) => results.has(id),
      async ({ id, question }, clip) => {
        const prompt = [options.instruction, question].filter((line) => line !== '').join('\n');
        results.add({ id, text: await answerer.generate(clip, prompt) });
      },
    );
    return questions.map(({ id }) => results.get(id)!);
  } finally {
    results.close();
  }
}

async function forEachClip<Question extends { readonly id: string; readonly clip: ChoiceQuestion['clip'] }>(
  questions: readonly Question[],
  answerer: Answerer,
  { videos, onProgress }: AnswerOptions,
  isDone: (id: string) => boolean,
  ask: (question: Question, clip: ClipRequest) => Promise<void>,
): Promise<void> {
  const open = questions.filter(({ id }) => !isDone(id));
  let done = questions.length - open.length;
  onProgress?.(done, questions.length);
  const located: Promise<ClipRequest>[] = [];
  const locateUpTo = (end: number) => {
    while (located.length < Math.min(end, open.length)) {
      const { clip, id } = open[located.length];
      const request = locateClip(clip, videos, id);
      request.then((found) => answerer.prefetch([found])).catch(() => undefined); // shows when the question is asked
      located.push(request);
    }
  };
  for (const [index, question] of open.entries()) {
    locateUpTo(index + AHEAD);
    await ask(question, await located[index]);
    onProgress?.(++done, questions.length);
  }
}
