import { argmax } from '@egolab/metrics';
import type { ClipRequest } from '@egolab/video';
import { comparable, type Answerer, type Asked, type Comparison } from './answerer.ts';
import { inBatches, type BatchOptions } from './in-batches.ts';
import { locateClip } from './locate.ts';
import { choicePrompt, parseLetter } from './prompts.ts';
import type { ChoiceQuestion, ClassQuestions, ClipQuestion, ClipReference, OpenQuestion } from './question.ts';
import { ResultsFile, type QuestionResult, type ResultsHeader } from './results.ts';

export interface AnswerOptions extends BatchOptions {
  /** results file: questions that are in it aren't asked again */
  readonly results: string;
  /** what the answers depend on besides what stands here: model, frames, … */
  readonly header: ResultsHeader;
  /** text before the question; see `TABLE_16_PROMPTS` */
  readonly instruction: string;
}

/** A text's likelihood, or what a clip adds to it. */
export interface TextOptions extends AnswerOptions {
  /**
   * Other clips of the task. Where there are any, a text's score is the log of the ratio of its likelihood given the clip to that given
   * these (their geometric mean), so that a text isn't chosen because it is likely anyhow (pointwise mutual information: Holtzman et al.
   * 2021, Lin et al. 2024).
   */
  readonly references: readonly ClipReference[];
}

export interface ChoiceOptions extends TextOptions {
  /** the likeliest option, or the letter that the model writes */
  readonly scoring: 'likelihood' | 'letter';
  /** whether the options stand in the prompt; a letter needs them */
  readonly listOptions: boolean;
}

/** What of a task the answers depend on. */
interface Asks {
  readonly name: string;
  readonly likelihood: Comparison;
}

/** Ask every question that has no result yet; the results come in the questions' order. */
export async function answerChoices(
  task: Asks,
  questions: readonly ChoiceQuestion[],
  answerer: Answerer,
  options: ChoiceOptions,
): Promise<QuestionResult[]> {
  const { scoring, instruction, listOptions, references } = options;
  const asks = { task: task.name, likelihood: task.likelihood, scoring, instruction, listOptions, references };
  const header = { ...asks, ...options.header };
  const prompt = (question: ChoiceQuestion) =>
    choicePrompt(question, { instruction, listOptions: listOptions || scoring === 'letter' });
  const clipsOf = ({ clip }: ChoiceQuestion) => [clip];
  return withResults<ChoiceQuestion, QuestionResult>(questions, clipsOf, answerer, options, header, async (batch) => {
    if (scoring === 'letter') {
      const results: QuestionResult[] = [];
      for (const { question, clips } of batch) {
        const text = await answerer.generate(clips[0], prompt(question));
        const { id, group, answer } = question;
        results.push({ id, group, answer, predicted: parseLetter(text, question.options) ?? null, text });
      }
      return results;
    }
    const scores = await textScores(
      answerer,
      task.likelihood,
      batch.map(({ question, clips }) => ({ clip: clips[0], prompt: prompt(question), answers: question.options })),
      await located(options),
    );
    return batch.map(({ question: { id, group, answer } }, i) => {
      return { id, group, answer, predicted: argmax(scores[i]), scores: scores[i] };
    });
  });
}

/** Scores of every text of every question: its likelihood, or the log-ratio to that under the reference clips. */
async function textScores(
  answerer: Answerer,
  comparison: Comparison,
  asked: readonly Asked[],
  references: readonly ClipRequest[],
): Promise<number[][]> {
  if (asked.length === 0) return [];
  const clipsOf = ({ clip }: Asked) => [clip, ...references];
  const likelihoods = await answerer.likelihoods(
    asked.flatMap((each) => clipsOf(each).map((clip) => ({ ...each, clip }))),
  );
  return asked.map((_, i) => {
    const [own, ...others] = likelihoods.slice(i * (1 + references.length), (i + 1) * (1 + references.length));
    if (others.length === 0) return own.map((each) => comparable(each, comparison));
    return own.map(({ logLikelihood }, text) => {
      const usual = others.reduce((sum, other) => sum + other[text].logLikelihood, 0) / others.length;
      return logLikelihood - usual;
    });
  });
}

const located = ({ references, videos }: TextOptions): Promise<ClipRequest[]> =>
  Promise.all(references.map((clip) => locateClip(clip, videos, 'of reference')));

export interface ClipOptions extends Omit<AnswerOptions, 'instruction'> {
  /** what the text answers; undefined: it is a caption, as in pretraining */
  readonly prompt: string | undefined;
}

/** Which of its clips does each text describe? The one under which it is likeliest. */
export async function answerClips(
  task: Pick<Asks, 'name'>,
  questions: readonly ClipQuestion[],
  answerer: Answerer,
  options: ClipOptions,
): Promise<QuestionResult[]> {
  const { prompt } = options;
  const header = { task: task.name, prompt: prompt ?? null, ...options.header };
  const clipsOf = ({ clips }: ClipQuestion) => clips;
  return withResults<ClipQuestion, QuestionResult>(questions, clipsOf, answerer, options, header, async (batch) => {
    const likelihoods = await answerer.likelihoods(
      batch.flatMap(({ question, clips }) => clips.map((clip) => ({ clip, prompt, answers: [question.text] }))),
    );
    let first = 0;
    return batch.map(({ question: { id, group, answer }, clips }) => {
      const scores = likelihoods.slice(first, (first += clips.length)).map(([each]) => comparable(each, 'whole'));
      return { id, group, answer, predicted: argmax(scores), scores };
    });
  });
}

/** How well each class fits a clip. */
export interface ClassResult {
  readonly id: string;
  /** a score a class */
  readonly scores: readonly number[];
}

/** Score every class for every clip. */
export async function answerClasses(
  task: Asks,
  { question, classes, items }: Pick<ClassQuestions, 'question' | 'classes' | 'items'>,
  answerer: Answerer,
  options: TextOptions,
): Promise<ClassResult[]> {
  const { instruction, references } = options;
  const asks = { task: task.name, likelihood: task.likelihood, instruction, references, question, classes };
  const prompt = choicePrompt({ question, options: classes }, { instruction, listOptions: false });
  const clipsOf = ({ clip }: ClassQuestions['items'][number]) => [clip];
  // the reference clips are asked about the same classes every time, so once
  const usual = await textScores(
    answerer,
    'whole',
    (await located(options)).map((clip) => ({ clip, prompt, answers: classes })),
    [],
  );
  const header = { ...asks, ...options.header };
  return withResults(items, clipsOf, answerer, options, header, async (batch) => {
    const scores = await textScores(
      answerer,
      usual.length > 0 ? 'whole' : task.likelihood,
      batch.map(({ clips }) => ({ clip: clips[0], prompt, answers: classes })),
      [],
    );
    return batch.map(({ question: { id } }, i) => ({
      id,
      scores: scores[i].map(
        (score, text) => score - usual.reduce((sum, other) => sum + other[text], 0) / Math.max(1, usual.length),
      ),
    }));
  });
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
  const clipsOf = ({ clip }: OpenQuestion) => [clip];
  return withResults<OpenQuestion, OpenResult>(questions, clipsOf, answerer, options, header, async (batch) => {
    const results: OpenResult[] = [];
    for (const { question, clips } of batch) {
      const prompt = [options.instruction, question.question].filter((line) => line !== '').join('\n');
      results.push({ id: question.id, text: await answerer.generate(clips[0], prompt) });
    }
    return results;
  });
}

/** Ask what has no result yet, and hand back all results in the questions' order. */
async function withResults<Question extends { readonly id: string }, Result extends { readonly id: string }>(
  questions: readonly Question[],
  clipsOf: Parameters<typeof inBatches<Question>>[1],
  answerer: Answerer,
  options: BatchOptions & Pick<AnswerOptions, 'results'>,
  header: ResultsHeader,
  ask: (batch: Parameters<Parameters<typeof inBatches<Question>>[5]>[0]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results = new ResultsFile<Result>(options.results, header);
  try {
    const isDone = ({ id }: Question) => results.has(id);
    await inBatches(questions, clipsOf, isDone, answerer, options, async (batch) => {
      for (const result of await ask(batch)) if (!results.has(result.id)) results.add(result);
    });
    return questions.map(({ id }) => results.get(id)!);
  } finally {
    results.close();
  }
}
