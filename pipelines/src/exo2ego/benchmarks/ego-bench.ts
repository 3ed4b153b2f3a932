import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  answerChoices,
  answerOpen,
  choiceTasks,
  endpointJudge,
  judgeAnswers,
  languageModelJudge,
  openScores,
  openTasks,
  scoreResults,
  videosFolder,
  type Answerer,
  type ChoiceTask,
  type Judge,
  type OpenTask,
  type TaskContext,
} from '@egolab/benchmarks';
import { suggestion, UserError, type Random } from '@egolab/foundation';
import { loadSentenceEncoder } from '@egolab/sentence-encoder';
import type { Progress } from '../../progress.ts';
import type { Metrics } from '../../stage.ts';
import { workspace } from '../../workspace.ts';
import { sample } from '../datasets.ts';
import { instructionOf, type EgoBenchSettings } from './settings.ts';

export interface EgoBenchRun {
  readonly settings: EgoBenchSettings;
  readonly answerer: Answerer;
  /** what the answers depend on: the digest of the model, frames, … */
  readonly model: Readonly<Record<string, unknown>>;
  /** folder that holds the data sets */
  readonly data: string;
  /** where results grow; kept after an interruption */
  readonly state: string;
  /** where they go when all is done */
  readonly out: string;
  readonly random: Random;
  readonly progress: Progress;
  /** instead of the settings' SentenceBERT */
  readonly sentenceEncoder?: TaskContext['sentenceEncoder'];
}

/**
 * EgoBench (supplement C): every task whose data set is there, question by question into `<task>.jsonl`; an interrupted run goes on at
 * the next question.
 *
 * @returns per task its accuracy with interval and n; `egomcq-v2t` per group
 * @throws UserError for an unknown task, or whatever is wrong with a data set's files
 */
export async function runEgoBench(run: EgoBenchRun): Promise<Metrics> {
  const { settings, data, out, progress } = run;
  mkdirSync(out, { recursive: true });
  const metrics: Record<string, Metrics> = {};
  for (const task of wantedTasks(settings.tasks)) {
    if (!existsSync(join(data, task.folder, task.annotations))) {
      progress.note(`${task.title}: not on disk (${join(task.folder, task.annotations)})`);
      continue;
    }
    metrics[task.name] = task.kind === 'choice' ? await runChoice(task, run) : await runOpen(task, run);
    copyFileSync(resultsFile(run, task), join(out, basename(resultsFile(run, task))));
  }
  return metrics;
}

function wantedTasks(names: readonly string[] | null): readonly (ChoiceTask | OpenTask)[] {
  const all = [...choiceTasks, ...openTasks];
  if (names === null) return all;
  return names.map((name) => {
    const task = all.find((each) => each.name === name);
    if (task) return task;
    const known = all.map((each) => each.name);
    throw new UserError({ what: `there is no task "${name}"`, where: 'egoBench.tasks', mend: suggestion(name, known) });
  });
}

function resultsFile({ state }: EgoBenchRun, task: { readonly name: string }): string {
  return join(state, `${task.name}.jsonl`);
}

/** What all questions of a task share. */
function answerOptions(run: EgoBenchRun, task: ChoiceTask | OpenTask, total: number) {
  const { settings, data, model, progress } = run;
  const phase = progress.phase(task.title, total);
  let before = 0;
  const options = {
    videos: videosFolder(data, task),
    results: resultsFile(run, task),
    header: model,
    instruction: instructionOf(settings.prompt),
    onProgress: (done: number) => {
      phase.advance(done - before);
      before = done;
    },
  };
  return { options, phase };
}

async function runChoice(task: ChoiceTask, run: EgoBenchRun): Promise<Metrics> {
  const { settings, data, answerer, random } = run;
  const all = task.read(join(data, task.folder), contextOf(run));
  const questions = sample(all, settings.maxQuestions, random.split('egobench', task.name));
  const { options, phase } = answerOptions(run, task, questions.length);
  const { scoring, listOptions } = settings;
  const results = await answerChoices(task, questions, answerer, { ...options, scoring, listOptions });
  phase.end();
  const scores = Object.entries(scoreResults(questions, results)).map(
    ([group, score]) => [group, { ...score }] as const,
  );
  return scores.length === 1 ? scores[0][1] : Object.fromEntries(scores);
}

async function runOpen(task: OpenTask, run: EgoBenchRun): Promise<Metrics> {
  const { settings, data, answerer, random, out } = run;
  const all = task.read(join(data, task.folder));
  const questions = sample(all, settings.maxQuestions, random.split('egobench', task.name));
  const { options, phase } = answerOptions(run, task, questions.length);
  const results = await answerOpen(task, questions, answerer, options);
  phase.end();
  const text = new Map(results.map((result) => [result.id, result.text]));
  const items = questions.map(({ id, question, answers }) => ({
    id,
    question,
    references: answers,
    prediction: text.get(id)!,
  }));
  const judge = settings.judge === null ? undefined : await judgeOf(settings.judge);
  if (!judge) {
    const { n, exact_match, rouge_l } = openScores(items, undefined);
    return { n, exact_match, rouge_l };
  }
  try {
    const marks = join(run.state, `${task.name}.judge.jsonl`);
    const scores = openScores(items, await judgeAnswers(items, judge, marks));
    copyFileSync(marks, join(out, basename(marks)));
    return scores;
  } finally {
    judge.dispose?.();
  }
}

function contextOf({ settings, sentenceEncoder }: EgoBenchRun): TaskContext {
  const path = resolve(workspace.root, settings.sentenceEncoder);
  return {
    sentenceEncoder: sentenceEncoder ?? { name: basename(path), load: () => loadSentenceEncoder(path) },
    candidates: resolve(workspace.root, settings.candidates),
  };
}

async function judgeOf(judge: NonNullable<EgoBenchSettings['judge']>): Promise<Judge & { dispose?: () => void }> {
  if (typeof judge === 'string') return languageModelJudge(resolve(workspace.root, judge));
  return endpointJudge({ ...judge, apiKey: process.env['OPENAI_API_KEY'] });
}
