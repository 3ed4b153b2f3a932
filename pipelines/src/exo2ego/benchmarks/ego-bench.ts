import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  answerChoices,
  answerClasses,
  answerClips,
  answerOpen,
  egoBenchTasks,
  endpointJudge,
  judgeAnswers,
  languageModelJudge,
  meanOverTasks,
  scoreResults,
  videosFolder,
  type ChoiceTask,
  type ClassTask,
  type ClipReference,
  type ClipTask,
  type EgoBenchTask,
  type Judge,
  type OpenTask,
  type QuestionResult,
  type SettingAccuracy,
} from '@egolab/benchmarks';
import { Random, suggestion, UserError } from '@egolab/foundation';
import type { Metrics } from '../../stage.ts';
import { workspace } from '../../workspace.ts';
import { sample } from '../datasets.ts';
import { scoreOpen } from './open-scores.ts';
import type { AskedTask, EgoBenchResult, EgoBenchRun, Outcomes, Predictions } from './run.ts';
import { instructionOf, type EgoBenchSettings, type QuestionLimits } from './settings.ts';

/** What one task gives. */
interface TaskResult {
  readonly metrics: Metrics;
  readonly outcomes: Outcomes;
  readonly predictions?: Predictions[string];
  readonly settings: readonly SettingAccuracy[];
  readonly asked: number;
  readonly questions: number;
}

/**
 * EgoBench (supplement C): every task whose data set is there, question by question into `<task>.jsonl`; an interrupted run goes on at
 * the next questions.
 *
 * @throws UserError for an unknown task, or whatever is wrong with a data set's files
 */
export async function runEgoBench(run: EgoBenchRun): Promise<EgoBenchResult> {
  const { settings, limits, data, out, progress } = run;
  checkNames(Object.keys(limits.questionsOf), 'questionsOf');
  mkdirSync(out, { recursive: true });
  const metrics: Record<string, Metrics> = {};
  const outcomes: Record<string, Outcomes[string]> = {};
  const predictions: Record<string, Predictions[string]> = {};
  const settingsAsked: SettingAccuracy[] = [];
  const tasks: AskedTask[] = [];
  for (const task of wantedTasks(settings.tasks)) {
    const folder = data.find((root) => existsSync(join(root, task.folder, task.annotations)));
    if (folder === undefined) {
      progress.note(`${task.title}: not on disk (${join(task.folder, task.annotations)})`);
      continue;
    }
    const result = await runTask(task, folder, run);
    metrics[task.name] = result.metrics;
    Object.assign(outcomes, result.outcomes);
    if (result.predictions) predictions[task.name] = result.predictions;
    settingsAsked.push(...result.settings);
    const { name, title, benchmark, paper, note } = task;
    tasks.push({ name, title, benchmark, paper, note, data: folder, asked: result.asked, questions: result.questions });
    copyFileSync(resultsFile(run, task), join(out, basename(resultsFile(run, task))));
  }
  const mean = meanOverTasks(settingsAsked);
  if (mean) {
    metrics['mean'] = mean.score;
    outcomes['mean.accuracy'] = mean.outcomes;
  }
  return { metrics, outcomes, predictions, tasks };
}

function wantedTasks(names: readonly string[] | null): readonly EgoBenchTask[] {
  if (names === null) return egoBenchTasks;
  checkNames(names, 'ego-bench.tasks');
  return egoBenchTasks.filter(({ name }) => names.includes(name));
}

function checkNames(names: readonly string[], where: string): void {
  const known = egoBenchTasks.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError({ what: `there is no task "${unknown}"`, where, mend: suggestion(unknown, known) });
}

function runTask(task: EgoBenchTask, folder: string, run: EgoBenchRun): Promise<TaskResult> {
  if (task.kind === 'choice') return runChoices(task, folder, run);
  if (task.kind === 'clips') return runClips(task, folder, run);
  return task.kind === 'classes' ? runClasses(task, folder, run) : runOpen(task, folder, run);
}

function resultsFile({ state }: EgoBenchRun, task: { readonly name: string }): string {
  return join(state, `${task.name}.jsonl`);
}

/** The questions that are asked: the same ones after every stage and of every seed, so that they can be compared in pairs. */
function drawn<Question>(all: readonly Question[], task: EgoBenchTask, { questionsOf, maxQuestions }: QuestionLimits) {
  const limit = task.name in questionsOf ? questionsOf[task.name] : maxQuestions;
  return sample(all, limit, new Random('egobench').split(task.name));
}

/** Clips of the task with which a likelihood ratio compares. */
const REFERENCES = 3;

/** They depend on the task alone. */
function referencesOf(
  task: EgoBenchTask,
  all: readonly { readonly clip: ClipReference }[],
  { scoring }: EgoBenchSettings,
): ClipReference[] {
  if (scoring !== 'likelihood-ratio') return [];
  return sample(all, REFERENCES, new Random('references').split(task.name)).map(({ clip }) => clip);
}

/** What all questions of a task share. */
function answerOptions(run: EgoBenchRun, task: EgoBenchTask, folder: string, total: number) {
  const { settings, model, progress, signal } = run;
  const phase = progress.phase(task.title, total);
  let before = 0;
  const options = {
    videos: videosFolder(folder, task),
    results: resultsFile(run, task),
    header: model,
    instruction: instructionOf(settings.prompt),
    questionsAtATime: settings.questionsAtATime,
    signal,
    onProgress: (done: number) => {
      phase.advance(done - before);
      before = done;
    },
  };
  return { options, phase };
}

async function runChoices(task: ChoiceTask, folder: string, run: EgoBenchRun): Promise<TaskResult> {
  const { settings, answerer, context, limits } = run;
  const all = task.read(join(folder, task.folder), context);
  const questions = drawn(all, task, limits);
  const { options, phase } = answerOptions(run, task, folder, questions.length);
  const { listOptions } = settings;
  const results = await answerChoices(task, questions, answerer, {
    ...options,
    scoring: settings.scoring === 'letter' ? 'letter' : 'likelihood',
    references: referencesOf(task, all, settings),
    listOptions,
  });
  phase.end();
  return { ...choiceResult(task, questions, results), questions: all.length };
}

async function runClips(task: ClipTask, folder: string, run: EgoBenchRun): Promise<TaskResult> {
  const { answerer, limits, narrationPrompt: prompt } = run;
  const all = task.read(join(folder, task.folder));
  const questions = drawn(all, task, limits);
  const { options, phase } = answerOptions(run, task, folder, questions.length);
  const results = await answerClips(task, questions, answerer, { ...options, prompt });
  phase.end();
  return { ...choiceResult(task, questions, results), questions: all.length };
}

/** Values by group; a task without groups has them by itself. */
function choiceResult(
  { name, benchmark }: EgoBenchTask,
  questions: Parameters<typeof scoreResults>[0],
  results: readonly QuestionResult[],
): Omit<TaskResult, 'questions'> {
  const groups = Object.entries(scoreResults(questions, results));
  const pathOf = (group: string) => (group === 'all' ? name : `${name}.${group}`);
  const metrics = groups.map(([group, { score }]) => [group, { ...score }] as const);
  return {
    metrics: groups.length === 1 && groups[0][0] === 'all' ? metrics[0][1] : Object.fromEntries(metrics),
    outcomes: Object.fromEntries(
      groups.flatMap(([group, { outcomes }]) =>
        Object.entries(outcomes).map(([metric, values]) => [
          `${pathOf(group)}.${metric === 'accuracy' ? metric : `${metric}.value`}`,
          values,
        ]),
      ),
    ),
    predictions: Object.fromEntries(results.map(({ id, scores, predicted }) => [id, scores ?? predicted ?? -1])),
    settings: groups.map(([group, { score, outcomes }]) => ({
      name: pathOf(group),
      benchmark,
      chance: score.chance,
      correct: outcomes['accuracy'],
    })),
    asked: questions.length,
  };
}

async function runClasses(task: ClassTask, folder: string, run: EgoBenchRun): Promise<TaskResult> {
  const { settings, answerer, limits } = run;
  const all = task.read(join(folder, task.folder));
  const items = drawn(all.items, task, limits);
  const { options, phase } = answerOptions(run, task, folder, items.length);
  const references = referencesOf(task, all.items, settings);
  const results = await answerClasses(task, { ...all, items }, answerer, { ...options, references });
  phase.end();
  const ids = results.map(({ id }) => id);
  const { values, outcomes } = all.score(
    ids,
    results.map(({ scores }) => scores),
  );
  return {
    metrics: values,
    outcomes: Object.fromEntries(
      Object.entries(outcomes).map(([name, each]) => [`${task.name}.${name}.value`, each] as const),
    ),
    predictions: Object.fromEntries(results.map(({ id, scores }) => [id, scores])),
    settings: [],
    asked: items.length,
    questions: all.items.length,
  };
}

async function runOpen(task: OpenTask, folder: string, run: EgoBenchRun): Promise<TaskResult> {
  const { settings, answerer, limits, out } = run;
  const all = task.read(join(folder, task.folder));
  const questions = drawn(all, task, limits);
  const { options, phase } = answerOptions(run, task, folder, questions.length);
  const results = await answerOpen(task, questions, answerer, options);
  phase.end();
  const text = new Map(results.map((result) => [result.id, result.text]));
  const items = questions.map(({ id, question, answers }) => ({
    id,
    question,
    references: answers,
    prediction: text.get(id)!,
  }));
  const asked = { settings: [], asked: questions.length, questions: all.length };
  const judge = settings.judge === null ? undefined : await judgeOf(settings.judge);
  if (!judge) return { ...scoreOpen(task.name, items, undefined), ...asked };
  try {
    const marks = join(run.state, `${task.name}.judge.jsonl`);
    const scores = scoreOpen(task.name, items, await judgeAnswers(items, judge, marks));
    copyFileSync(marks, join(out, basename(marks)));
    return { ...scores, ...asked };
  } finally {
    judge.dispose?.();
  }
}

async function judgeOf(judge: NonNullable<EgoBenchSettings['judge']>): Promise<Judge & { dispose?: () => void }> {
  if (typeof judge === 'string') return languageModelJudge(resolve(workspace.root, judge));
  return endpointJudge({ ...judge, apiKey: process.env['OPENAI_API_KEY'] });
}
