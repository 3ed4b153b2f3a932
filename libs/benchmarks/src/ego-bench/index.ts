export {
  answerChoices,
  answerClasses,
  answerClips,
  answerOpen,
  type AnswerOptions,
  type ChoiceOptions,
  type ClassResult,
  type ClipOptions,
  type OpenResult,
  type TextOptions,
} from './answer.ts';
export type { Answerer, Asked, Comparison, Likelihood } from './answerer.ts';
export { bootstrapInterval, meanEstimate, type Estimate } from './estimate.ts';
export { locateClip, videosFolder } from './locate.ts';
export { choicePrompt, parseLetter, TABLE_16_PROMPTS, type PromptName, type PromptOptions } from './prompts.ts';
export { meanOverTasks, type SettingAccuracy, type TaskMean } from './task-mean.ts';
export type {
  ChoiceQuestion,
  ClassQuestions,
  ClassScores,
  ClipQuestion,
  ClipReference,
  OpenQuestion,
} from './question.ts';
export { readResults, ResultsFile, type QuestionResult, type ResultsHeader } from './results.ts';
export { scoreResults, type GroupResult, type GroupScore } from './score-results.ts';
export type { BenchmarkName, ChoiceTask, ClassTask, ClipTask, EgoBenchTask, OpenTask, TaskContext } from './task.ts';
export { choiceTasks, egoBenchTasks, openTasks } from './tasks.ts';
