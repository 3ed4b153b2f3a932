export {
  answerChoices,
  answerOpen,
  type Answerer,
  type AnswerOptions,
  type ChoiceOptions,
  type OpenResult,
} from './answer.ts';
export { locateClip, videosFolder } from './locate.ts';
export { choicePrompt, parseLetter, TABLE_16_PROMPTS, type PromptName, type PromptOptions } from './prompts.ts';
export type { ChoiceQuestion, ClipReference, OpenQuestion } from './question.ts';
export { readResults, ResultsFile, type QuestionResult, type ResultsHeader } from './results.ts';
export { scoreResults, type GroupScore } from './score-results.ts';
export type { ChoiceTask, OpenTask, TaskContext } from './task.ts';
export { choiceTasks, openTasks } from './tasks.ts';
